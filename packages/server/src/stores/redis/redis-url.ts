/** The address of a Redis: one server, the master that Sentinels name, or a Cluster. */
export interface RedisAddress {
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  readonly isEncrypted: boolean
  /** Hosts of the server, of the Sentinels, or of some nodes of the Cluster. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly username: string | undefined
  readonly password: string | undefined
  /** Credentials of the Sentinels themselves. */
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: string | undefined
  /** Name that the Sentinels know the master by; empty without Sentinels. */
  readonly master: string
  /** Number of the logical database. A Cluster has database 0 only. */
  readonly database: number
}

const FORM =
  /^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^@/]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/
const SENTINEL_PARAMETERS: readonly string[] = ['sentinel_username', 'sentinel_password']
const DEFAULT_PORTS = { standalone: 6379, sentinel: 26_379, cluster: 6379 }

/**
 * Parses a URL such as `redis://:secret@host:6379/0`, `redis+cluster://host,host` or
 * `redis+sentinel://host,host/master?sentinel_password=secret`; `rediss` encrypts. Returns
 * undefined for any other text.
 */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  const groups = FORM.exec(text)?.groups ?? {}
  const { scheme, kind = 'standalone', user, hosts, path = '', query } = groups
  if (hosts === undefined) return undefined
  const form = kind as RedisAddress['kind']
  const found = hosts.split(',').map((host) => parseHost(host, DEFAULT_PORTS[form]))
  const place = parsePath(form, path)
  const credentials = parseCredentials(user)
  const sentinels = parseQuery(form, query)
  const isHostList = form !== 'standalone' || found.length === 1
  if (!place || !credentials || !sentinels || !isHostList || found.includes(undefined))
    return undefined
  return {
    kind: form,
    isEncrypted: scheme === 'rediss',
    hosts: found.flatMap((host) => host ?? []),
    ...credentials,
    ...sentinels,
    ...place,
  }
}

function parseHost(text: string, defaultPort: number) {
  const url = `redis://${text}`
  if (!URL.canParse(url)) return undefined
  const { hostname, port } = new URL(url)
  // An IPv6 address has brackets in a URL alone.
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return host === '' ? undefined : { host, port: port === '' ? defaultPort : Number(port) }
}

function parsePath(kind: RedisAddress['kind'], path: string) {
  const [, master = '', number] =
    (kind === 'sentinel' ? /^([^/]+)(?:\/(\d*))?$/ : /^()(\d*)$/).exec(path) ?? []
  if (number === undefined && !(kind === 'sentinel' && master !== '')) return undefined
  const database = Number(number ?? 0)
  if (kind === 'cluster' && database !== 0) return undefined
  return { master: decodeText(master) ?? '', database }
}

function parseCredentials(user = '') {
  const [name = '', ...rest] = user.split(':')
  const [username, password] = [decodeText(name), decodeText(rest.join(':'))]
  if (username === undefined || password === undefined) return undefined
  return { username: username || undefined, password: password || undefined }
}

function parseQuery(kind: RedisAddress['kind'], query = '') {
  const given = new URLSearchParams(query)
  const isKnown = (name: string) => kind === 'sentinel' && SENTINEL_PARAMETERS.includes(name)
  if (![...given.keys()].every(isKnown)) return undefined
  return {
    sentinelUsername: given.get('sentinel_username') || undefined,
    sentinelPassword: given.get('sentinel_password') || undefined,
  }
}

function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
