import { BlockList, isIP } from 'node:net'

/** The variables of a process, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the proxy for a URL, from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` or
 * their lower-case names; undefined if the server is reached directly. Loopback addresses always
 * are.
 *
 * @throws {Error} the proxy is not an HTTP proxy
 */
export function proxyOf(url: URL, env: Environment): URL | undefined {
  const given = variableFor(url.protocol, env)
  if (!given || isExcluded(url, env.no_proxy || env.NO_PROXY || '')) return undefined
  const text = given.includes('://') ? given : `http://${given}`
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    // Without the rest, which may hold a password.
    throw new Error(
      `unsupported proxy "${text.split('://')[0]}://…"; use an HTTP proxy or an agent`,
    )
  return new URL(text)
}

function variableFor(protocol: string, env: Environment): string | undefined {
  // The header `Proxy` of a request to a CGI program sets HTTP_PROXY.
  const isCgi = env.REQUEST_METHOD !== undefined
  const own =
    protocol === 'https:'
      ? env.https_proxy || env.HTTPS_PROXY
      : env.http_proxy || (isCgi ? undefined : env.HTTP_PROXY)
  return own || env.all_proxy || env.ALL_PROXY
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

function isExcluded({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || contains(LOOPBACK, host)) return true
  const effectivePort = port || (protocol === 'https:' ? '443' : '80')
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => isMatch(entry, host, effectivePort))
}

/** Compares a host with `*`, `example.com` and its subdomains, an address or a subnet. */
function isMatch(entry: string, host: string, port: string): boolean {
  if (entry === '') return false
  if (entry === '*') return true
  const [, address = '', prefix] = /^(.+)\/(\d+)$/.exec(entry) ?? []
  if (isIP(address) !== 0) return contains(subnet(address, Number(prefix)), host)
  const [, name = entry, onlyPort] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? []
  if (onlyPort !== undefined && onlyPort !== port) return false
  const domain = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '')
  return host === domain || host.endsWith(`.${domain}`)
}

function subnet(address: string, prefix: number): BlockList {
  const list = new BlockList()
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (prefix <= (family === 'ipv6' ? 128 : 32)) list.addSubnet(address, prefix, family)
  return list
}

function contains(list: BlockList, host: string): boolean {
  const version = isIP(host)
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4')
}
