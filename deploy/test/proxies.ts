import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificate } from '../../test-support/certificate.ts'
import { freePort } from '../../test-support/free-port.ts'

/** A proxy that ends TLS in front of a server, with the configuration of `deploy/`. */
export interface RunningProxy extends AsyncDisposable {
  readonly port: number
  /** The certificate that clients trust. */
  readonly certificate: string
}

/** The name that the certificates and the configurations have. */
export const HOST = 'flags.example.com'

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
// Debian keeps nginx where only root looks.
const env = { ...process.env, PATH: `${process.env.PATH}${delimiter}/usr/sbin` }

/** Starts nginx with `deploy/nginx.conf` in front of a server. */
export async function startNginx(serverUrl: string): Promise<RunningProxy> {
  const { folder, certificate, ports } = await prepare()
  const site = replaceAll(read('nginx.conf'), {
    '127.0.0.1:4400': new URL(serverUrl).host,
    'listen 80;': `listen 127.0.0.1:${ports[0]};`,
    'listen 443 ssl': `listen 127.0.0.1:${ports[1]} ssl`,
    [`/etc/letsencrypt/live/${HOST}/fullchain.pem`]: join(folder, 'cert.pem'),
    [`/etc/letsencrypt/live/${HOST}/privkey.pem`]: join(folder, 'key.pem'),
  })
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  const main = [
    'daemon off;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr;',
    'events {}',
    `http { access_log off; ${paths.join(' ')}\n${site}}`,
  ]
  writeFileSync(join(folder, 'nginx.conf'), main.join('\n'))
  return run('nginx', ['-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    folder,
    certificate,
    port: ports[1],
  })
}

/** Starts Caddy with `deploy/Caddyfile` in front of a server. */
export async function startCaddy(serverUrl: string): Promise<RunningProxy> {
  const { folder, certificate, ports } = await prepare()
  const options = `{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\tauto_https disable_redirects\n\thttps_port ${ports[1]}\n}\n`
  const tls = `\ttls ${join(folder, 'cert.pem')} ${join(folder, 'key.pem')}\n`
  const site = replaceAll(read('Caddyfile'), {
    '127.0.0.1:4400': new URL(serverUrl).host,
    [`${HOST} {\n`]: `${HOST} {\n${tls}`,
  })
  writeFileSync(join(folder, 'Caddyfile'), options + site)
  const args = ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')]
  return run('caddy', args, { folder, certificate, port: ports[1] })
}

async function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-proxy-'))
  const { text: certificate } = makeCertificate(folder, `DNS:${HOST}`)
  return { folder, certificate, ports: [await freePort(), await freePort()] as const }
}

interface Prepared {
  readonly folder: string
  readonly certificate: string
  readonly port: number
}

async function run(
  command: string,
  args: readonly string[],
  { folder, certificate, port }: Prepared,
): Promise<RunningProxy> {
  mkdirSync(join(folder, 'home'))
  const home = { HOME: join(folder, 'home'), XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(command, args, {
    env: { ...env, ...home },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const exited = once(child, 'exit')
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${command} exited: ${output}`)
    await sleep(50)
  }
  return {
    port,
    certificate,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Replaces each text; throws when one of them is not there, because a file and its test differ. */
function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`The configuration has no "${from}".`)
    return before.replaceAll(from, to)
  }, text)
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  }).finally(() => socket.destroy())
}
