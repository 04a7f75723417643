import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'

/** Limit until a proxy opens a tunnel. */
const CONNECT_TIMEOUT_MS = 10_000

/** An agent whose TLS connections pass through an HTTP proxy (`CONNECT`). */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL

  constructor(proxy: URL) {
    super({ keepAlive: true })
    this.#proxy = proxy
  }

  override createConnection(
    options: https.RequestOptions,
    callback: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const fail = (error: Error) => callback(error, undefined as never)
    const host = options.host?.includes(':') ? `[${options.host}]` : options.host
    this.#openTunnel(`${host}:${options.port}`, fail, (socket) => {
      const connection = super.createConnection({ ...options, socket } as https.RequestOptions)
      callback(null, connection!)
    })
  }

  /** Asks the proxy for a tunnel to a host; calls back once. */
  #openTunnel(path: string, fail: (error: Error) => void, done: (socket: Duplex) => void): void {
    const { protocol, origin } = this.#proxy
    const request = (protocol === 'https:' ? https : http).request(origin, {
      method: 'CONNECT',
      path,
      headers: { host: path, ...proxyAuthorization(this.#proxy) },
      agent: false,
      timeout: CONNECT_TIMEOUT_MS,
    })
    request.on('socket', (socket) => socket.unref())
    request.on('timeout', () => request.destroy(new Error(`the proxy ${origin} is silent`)))
    request.on('error', fail)
    request.on('connect', ({ statusCode }, socket) => {
      socket.setTimeout(0)
      if (statusCode === 200) return done(socket)
      socket.destroy()
      fail(new Error(`the proxy ${origin} refused a tunnel to ${path}: ${statusCode}`))
    })
    request.end()
  }
}

/** Returns the header for the user and password of a proxy URL. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}
