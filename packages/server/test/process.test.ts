import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folder, MAIN, run, runNode } from './server-process.ts'

// Each starts a process or two, which takes its time on a machine that has other work.
describe('a server process', { timeout: 30_000 }, () => {
  test('prints its pages and its first admin key once, and the key works', async () => {
    const settings = { FLAGHOIST_DATA_DIR: folder() }
    const first = run(settings)
    const url = await first.url()
    expect(first.output()).toContain(
      `listens on ${url}\n  Dashboard       ${url}/\n  API reference   ${url}/docs\n`,
    )
    const [key] = /fh_admin_\S+/.exec(first.output()) ?? []
    const answer = await fetch(`${url}/api/v1/projects/default`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(answer.status).toBe(200)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)

    const second = run(settings)
    await second.url()
    expect(second.output()).not.toContain('fh_admin_')
  })

  test('starts without the client behind fetch, which takes long to load', async () => {
    const report = `process.on('SIGTERM', () => {
      const isLoaded = process.moduleLoadList.some((name) => name.endsWith('undici/undici'))
      console.log('fetch is loaded: ' + isLoaded)
    })`
    const hook = `data:text/javascript,${encodeURIComponent(report)}`
    const server = runNode(['--import', hook, MAIN], { FLAGHOIST_DATA_DIR: folder() })
    await server.url()

    server.child.kill('SIGTERM')

    expect(await server.exited).toBe(0)
    expect(server.output()).toContain('fetch is loaded: false')
  })

  test('listens before it loads what SDKs do not need', async () => {
    const report = `const { registerHooks } = process.getBuiltinModule('module')
    let isLoaded = false
    registerHooks({
      resolve(specifier, context, next) {
        isLoaded ||= specifier === 'fastify'
        return next(specifier, context)
      },
    })
    const { Server } = process.getBuiltinModule('net')
    const { listen } = Server.prototype
    Server.prototype.listen = function (...args) {
      console.log('at listen: ' + isLoaded)
      process.once('SIGTERM', () => console.log('at the end: ' + isLoaded))
      return listen.apply(this, args)
    }`
    const hook = `data:text/javascript,${encodeURIComponent(report)}`
    const server = runNode(['--import', hook, MAIN], { FLAGHOIST_DATA_DIR: folder() })
    await server.url()

    server.child.kill('SIGTERM')

    expect(await server.exited).toBe(0)
    expect(server.output()).toContain('at listen: false')
    expect(server.output()).toContain('at the end: true')
  })

  test('keeps its compiled code beside it, for its next start', async () => {
    const report = `process.on('exit', () =>
      console.log('compiled code: ' + process.getBuiltinModule('module').getCompileCacheDir()))`
    const hook = `data:text/javascript,${encodeURIComponent(report)}`
    const version = runNode(['--import', hook, MAIN, '--version'], { NODE_COMPILE_CACHE: '' })

    expect(await version.exited).toBe(0)
    expect(version.output()).toContain(`compiled code: ${join(MAIN, '../../.compile-cache/v')}`)
  })

  test('says that another server uses its folder', async () => {
    const settings = { FLAGHOIST_DATA_DIR: folder() }
    await run(settings).url()

    const second = run(settings)

    expect(await second.exited).toBe(1)
    expect(second.output()).toContain('Another server uses the data folder')
  })

  test('finishes a request in flight before it stops, and accepts no other', async () => {
    const key = 'fh_admin_000000000000000000000000'
    const server = run({ FLAGHOIST_DATA_DIR: folder(), FLAGHOIST_ADMIN_KEY: key })
    const url = await server.url()
    const body = JSON.stringify({ key: 'new-checkout' })
    const sent = request(`${url}/api/v1/projects/default/flags`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    sent.write(body.slice(0, 5))
    if (sent.socket === null) await once(sent, 'socket')
    if (sent.socket!.connecting) await once(sent.socket!, 'connect')
    // Once the server responds to a later request, it has received the head of this one.
    await fetch(`${url}/livez`)

    const stoppedAt = performance.now()
    server.child.kill('SIGTERM')
    const response = once(sent, 'response')
    sent.end(body.slice(5))

    const [{ statusCode }] = (await response) as [{ statusCode: number }]
    expect(statusCode).toBe(201)
    expect(await server.exited).toBe(0)
    // Although the client keeps the connection of its request alive.
    expect(performance.now() - stoppedAt).toBeLessThan(5_000)
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  test('logs which admin key it retires, and which one stays revoked', async () => {
    const [old, current] = [
      'fh_admin_111111111111111111111111',
      'fh_admin_222222222222222222222222',
    ]
    const data = { FLAGHOIST_DATA_DIR: folder() }
    const stop = async ({ child, exited }: ReturnType<typeof run>) => {
      child.kill('SIGTERM')
      await exited
    }
    const first = run({ ...data, FLAGHOIST_ADMIN_KEY: old })
    await first.url()
    await stop(first)

    const second = run({ ...data, FLAGHOIST_ADMIN_KEY: current })
    const keys = `${await second.url()}/api/v1/projects/default/keys`
    const headers = { authorization: `Bearer ${current}` }
    const { items } = (await (await fetch(keys, { headers })).json()) as {
      items: { id: string; revokedAt?: string }[]
    }
    const own = items.find(({ revokedAt }) => revokedAt === undefined)!
    await fetch(`${keys}/${own.id}`, { method: 'DELETE', headers })
    await stop(second)
    const third = run({ ...data, FLAGHOIST_ADMIN_KEY: current })

    expect(second.output()).toMatch(
      /The admin key key-\w+ \(fh_admin_1111…\) is retired, because FLAGHOIST_ADMIN_KEY has changed\./,
    )
    await third.says(
      RegExp(
        `FLAGHOIST_ADMIN_KEY names the key ${own.id}, which was revoked or has expired\\. Set another`,
      ),
    )
  })

  test('says everything that is wrong with its settings, in sentences', async () => {
    const server = run({
      FLAGHOIST_PORT: 'http',
      FLAGHOIST_HEARTBEAT_MS: '5',
      FLAGHOIST_PROT: '1',
      FLAGHOIST_RATE_LIMIT: ' ',
      FLAGHOIST_CORS_ORIGINS: 'https://shop.example/',
    })

    expect(await server.exited).toBe(1)
    expect(server.output()).toContain(
      'FLAGHOIST_PROT is not a setting. Did you mean FLAGHOIST_PORT?',
    )
    expect(server.output()).toContain('FLAGHOIST_PORT: "http" is not a number')
    expect(server.output()).toContain('FLAGHOIST_HEARTBEAT_MS: "5" is less than 1000')
    expect(server.output()).toContain('FLAGHOIST_RATE_LIMIT: " " is empty')
    expect(server.output()).toContain(
      'FLAGHOIST_CORS_ORIGINS: "https://shop.example/" must list origins only',
    )
    expect(server.output()).not.toContain('at ')
  })

  test.each([
    'capacitor://localhost',
    'chrome-extension://abc',
    'null',
    'https://shop.example:8443',
  ])('takes the origin %s', async (origin) => {
    const server = run({ FLAGHOIST_CORS_ORIGINS: origin, FLAGHOIST_PORT: 'http' })
    expect(await server.exited).toBe(1)
    expect(server.output()).not.toContain('FLAGHOIST_CORS_ORIGINS')
  })

  test('keeps its first admin key for the start that succeeds', async () => {
    const data = folder()
    const busy = createServer()
    await once(busy.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void busy.close())
    const { port } = busy.address() as AddressInfo

    const failed = run({ FLAGHOIST_DATA_DIR: data, FLAGHOIST_PORT: String(port) })
    expect(await failed.exited).toBe(1)
    expect(failed.output()).toContain(`Port ${port} is in use`)
    const next = run({ FLAGHOIST_DATA_DIR: data })
    await next.url()

    expect(next.output()).toMatch(/Admin key +fh_admin_/)
  })

  test('says which Node it needs on an older one', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } })`

    const server = runNode(['--import', `data:text/javascript,${older}`, MAIN], {})

    expect(await server.exited).toBe(1)
    expect(server.output()).toBe(
      'Flaghoist needs Node.js 22.19 or newer, but this is 20.20.2. Install a newer Node.js.\n',
    )
  })

  test.for([
    [['--key'], "Option '--key <value>' argument missing. Run flaghoist-server --help.\n"],
    [['--key', 'fh_server_a', 'fh_server_b'], "Unexpected argument 'fh_…'."],
  ] as const)(
    'says what is wrong with the arguments %o, and shows no key',
    async ([args, text]) => {
      const refused = run({}, ...args)

      expect(await refused.exited).toBe(1)
      expect(refused.output()).toContain(text)
      expect(refused.output()).not.toContain('fh_server')
    },
  )

  test('explains its settings', async () => {
    for (const args of [['--help'], ['-h'], ['transfer', '--help']]) {
      const help = run({}, ...args)
      expect(await help.exited).toBe(0)
      for (const name of ['FLAGHOIST_PORT', 'FLAGHOIST_DATA_DIR', '[4400]'])
        expect(help.output()).toContain(name)
    }

    for (const [argument, kind] of [
      ['--prot', 'option'],
      ['bakcup', 'command'],
    ] as const) {
      const unknown = run({}, argument)
      expect(await unknown.exited).toBe(1)
      expect(unknown.output()).toContain(`Unknown ${kind} ${argument}`)
    }
  })

  test('does not fail when the reader of its output leaves', async () => {
    const help = run({}, '--help')
    help.child.stdout.destroy()

    expect(await help.exited).toBe(0)
    expect(help.output()).toBe('')
  })
})
