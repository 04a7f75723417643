import http from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { proxyOf } from './proxy-of.ts'
import { proxyAuthorization, TunnelAgent } from './tunnel-agent.ts'

/** The way to a server: directly, or through a proxy. */
export interface Route {
  readonly request: typeof http.request
  readonly options: http.RequestOptions
  /** Headers for the proxy. */
  readonly headers?: Readonly<Record<string, string>>
}

// The SDK has its own agents, because requests of the app must never get an unref'd socket.
const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true }),
}
const tunnels = new Map<string, TunnelAgent>()

/**
 * Returns the way to a URL: over the agent of the app, else through the proxy of the environment.
 * @throws {Error} the proxy is not an HTTP proxy
 */
export function routeTo(url: URL, own: http.Agent | undefined): Route {
  const isSecure = url.protocol === 'https:'
  const over = (agent: http.Agent): Route => ({
    request: (isSecure ? https : http).request,
    options: { ...urlToHttpOptions(url), agent },
  })
  if (own !== undefined) return over(own)
  // biome-ignore lint/style/noProcessEnv: these variables are how a machine names its proxy.
  const proxy = proxyOf(url, process.env)
  if (proxy === undefined) return over(isSecure ? agents.https : agents.http)
  if (isSecure) return over(tunnelThrough(proxy))
  const [{ request }, agent] =
    proxy.protocol === 'https:' ? [https, agents.https] : [http, agents.http]
  const { hostname, port } = urlToHttpOptions(proxy)
  return {
    request,
    options: { hostname, port, path: url.href, agent },
    headers: { host: url.host, ...proxyAuthorization(proxy) },
  }
}

function tunnelThrough(proxy: URL): TunnelAgent {
  const tunnel = tunnels.get(proxy.href) ?? new TunnelAgent(proxy)
  tunnels.set(proxy.href, tunnel)
  return tunnel
}
