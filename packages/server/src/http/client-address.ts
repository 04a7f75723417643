import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** The parts of a request that tell clients apart. */
export interface Client {
  readonly headers: IncomingHttpHeaders
  /** Address of the peer. */
  readonly ip: string
}

/** Returns the address that a request counts for. An IPv6 network of /64 is one address. */
export type ClientAddress = (client: Client) => string

export interface ClientAddressOptions {
  /** Header that the proxy in front of the server sets; undefined for the peer's own address. */
  readonly header: string | undefined
  /** Called once, if a proxy seems to stand in front of a server without that header. */
  readonly warn: (message: string) => void
}

/** Headers by which a proxy announces the client. Any client can send them. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip']

/** Networks of proxies: private and local addresses. */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

export function createClientAddress({ header, warn }: ClientAddressOptions): ClientAddress {
  if (header !== undefined)
    return ({ headers, ip }) => networkOf(lastAddress(headers[header]) ?? ip)

  let hasWarned = false
  return ({ headers, ip }) => {
    if (!hasWarned && PROXY_HEADERS.some((name) => name in headers) && isPrivate(ip)) {
      hasWarned = true
      warn(
        'A proxy seems to forward the requests, so all clients share the limits of one address. Set FLAGHOIST_CLIENT_ADDRESS_HEADER to the header that the proxy sets, such as X-Real-IP.',
      )
    }
    return networkOf(ip)
  }
}

/** The last address of a header: a proxy appends it to those that the client has made up. */
function lastAddress(value: string | string[] | undefined): string | undefined {
  const last = [value].flat().at(-1)?.split(',').at(-1)?.trim() ?? ''
  // Some proxies add the port.
  const address = last.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  return isIPv4(address) || isIPv6(address) ? address : undefined
}

function isPrivate(ip: string): boolean {
  const address = networkOf(ip)
  return isIPv4(address) ? PRIVATE.check(address, 'ipv4') : PRIVATE.check(ip, 'ipv6')
}

/** Returns the /64 network of an IPv6 address, and an IPv4 address unchanged. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  // "::" stands for as many zeros as are missing, and may hide groups of the network.
  const zeros =
    tail === undefined ? [] : Array<string>(8 - groups.length - lengthOf(tail)).fill('0')
  const all = [...groups, ...zeros, ...(tail ?? '').split(':')]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::`
}

/** The number of groups in a part of an IPv6 address; an IPv4 address at its end counts as two. */
function lengthOf(part: string): number {
  if (part === '') return 0
  const groups = part.split(':')
  return groups.length + (groups.at(-1)!.includes('.') ? 1 : 0)
}
