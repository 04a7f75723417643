import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createFlags } from '../src/index.ts'
import { ruleset } from './fixtures.ts'
import { folder, HOST_NODE, outputOf, startProgram } from './programs.ts'

/**
 * Starts a forward proxy that records its requests.
 * @param refuses status with which it refuses tunnels; 0 to open them
 */
async function startProxy(refuses = 0) {
  const asked: string[] = []
  const logins: (string | undefined)[] = []
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    logins.push(request.headers['proxy-authorization'])
    const port = servers.get(new URL(request.url!).hostname)
    const { method, headers } = request
    const path = new URL(request.url!).pathname
    const onward = http.request({ port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`)
    logins.push(request.headers['proxy-authorization'])
    if (refuses) return socket.end(`HTTP/1.1 ${refuses} No\r\n\r\n`)
    const onward = connect(servers.get(request.url!.split(':')[0]!)!, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    for (const end of [socket, onward]) end.on('error', () => undefined)
  })
  return { port: await listen(proxy), asked, logins }
}

/** Ports of servers by the host names that only the proxy knows. */
const servers = new Map<string, number>()

async function listen(server: http.Server | https.Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const answer: http.RequestListener = (request, response) => {
  if (!request.url!.startsWith('/sdk/v1/stream')) return void response.writeHead(202).end('{}')
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`event: put\ndata: ${JSON.stringify(ruleset(1, true))}\n\n`)
}

/** Creates a self-signed certificate for a host. */
function certificate(host: string) {
  const dir = folder()
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const args = ['req', '-x509', '-days', '2', ...kind, ...subject, '-keyout', key, '-out', cert]
  execFileSync('openssl', args, { stdio: 'pipe' })
  return { file: cert, cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

const program = (url: string, timeoutMs = 5_000) => `
  const flags = createFlags({ url: '${url}', key: 'k' })
  const { status } = await flags.ready({ timeout: ${timeoutMs} })
  console.log(status, flags.isEnabled('new-checkout', { targetingKey: 'ada' }))
  if (status !== 'live') console.log(flags.status().lastError.message)`

test.for([process.execPath, HOST_NODE])(
  'a server over TLS is reached through the proxy of the environment (%s)',
  async (node) => {
    const { file, key, cert } = certificate('flags.test')
    servers.set('flags.test', await listen(https.createServer({ key, cert }, answer)))
    const proxy = await startProxy()
    const env = {
      HTTPS_PROXY: `http://ada:se%20cret@127.0.0.1:${proxy.port}`,
      NODE_EXTRA_CA_CERTS: file,
    }
    const { code, output, lingeredMs } = await outputOf(
      startProgram({ source: program('https://flags.test'), node, env }),
    )

    expect({ code, output }).toEqual({ code: 0, output: 'live true' })
    // Neither the tunnel nor the stream keeps the process alive.
    expect(lingeredMs).toBeLessThan(1_000)
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT flags.test:443']))
    expect(proxy.logins[0]).toBe(`Basic ${Buffer.from('ada:se cret').toString('base64')}`)
  },
)

test('a server without TLS is reached through the proxy of the environment', async () => {
  servers.set('plain.test', await listen(http.createServer(answer)))
  const proxy = await startProxy()
  const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }
  const { output } = await outputOf(startProgram({ source: program('http://plain.test'), env }))

  expect(output).toBe('live true')
  expect(proxy.asked[0]).toBe('GET http://plain.test/sdk/v1/stream')
})

test.for([process.execPath, HOST_NODE])(
  'flaghoist-codegen reaches its server through the proxy of the environment (%s)',
  async (node) => {
    const { file, key, cert } = certificate('flags.test')
    const answerRuleset: http.RequestListener = (_, response) =>
      response.writeHead(200).end(JSON.stringify(ruleset(1, true)))
    servers.set('flags.test', await listen(https.createServer({ key, cert }, answerRuleset)))
    const proxy = await startProxy()
    const out = join(folder(), 'flags.d.ts')
    const command = fileURLToPath(new URL('../bin/flaghoist-codegen.js', import.meta.url))

    const { stdout } = await promisify(execFile)(
      node,
      [command, '--url', 'https://flags.test', '--key', 'fh_server_k', '--out', out],
      {
        env: {
          ...process.env,
          HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
          NODE_EXTRA_CA_CERTS: file,
        },
      },
    )

    expect(stdout).toBe(`Wrote ${out} with 1 flag.\n`)
    expect(proxy.asked).toEqual(['CONNECT flags.test:443'])
    expect(readFileSync(out, 'utf8')).toContain("'new-checkout': boolean")
  },
)

test('a server that NO_PROXY names is reached directly', async () => {
  const proxy = await startProxy()
  const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '.invalid' }
  const { output } = await outputOf(startProgram({ source: program('http://flags.invalid'), env }))

  expect(output).toContain('ENOTFOUND')
  expect(proxy.asked).toEqual([])
})

test.for([
  [
    'refuses',
    (port: number) => `http://127.0.0.1:${port}`,
    /refused a tunnel to flags.test:443: 407/,
  ],
  ['is not there', () => 'http://127.0.0.1:9', /ECONNREFUSED/],
  ['is of another kind', () => 'socks5://127.0.0.1:9', /unsupported proxy "socks5:/],
] as const)('a proxy that %s is named as the reason', async ([, proxyOf, reason]) => {
  const proxy = await startProxy(407)
  const env = { HTTPS_PROXY: proxyOf(proxy.port) }
  const source = program('https://flags.test', 1_000)
  const { code, output } = await outputOf(startProgram({ source, env }))

  expect(code).toBe(0)
  expect(output).toMatch(reason)
})

test('an agent of the app brings its own CA', async () => {
  const { key, cert } = certificate('flags.test')
  const port = await listen(https.createServer({ key, cert }, answer))
  const agent = new https.Agent({ ca: cert, keepAlive: true })
  const url = `https://127.0.0.1:${port}`
  await using flags = closing(createFlags({ url, key: 'k', agent }))
  expect(await flags.ready()).toEqual({ status: 'live' })

  await using without = closing(createFlags({ url, key: 'k' }))
  await without.ready({ timeout: 1_000 })
  expect(without.status().lastError?.message).toContain('self-signed certificate')
})

test('an invalid agent causes a warning, even if it contains itself', async () => {
  const agent: Record<string, unknown> = {}
  agent.self = agent
  const [[warning]] = await Promise.all([
    once(process, 'warning'),
    createFlags({ url: 'https://127.0.0.1:9', key: 'k', agent: agent as never }).close(),
  ])
  expect(warning.message).toContain('"agent"')
})

const closing = <F extends { close(): Promise<void> }>(flags: F) => ({
  ...flags,
  [Symbol.asyncDispose]: () => flags.close(),
})
