/** An address as 16-bit groups: two for IPv4, eight for IPv6. */
type Address = readonly number[]

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0xffff]

/**
 * A test for IP addresses against a block such as `10.0.0.0/8` or `2001:db8::/32`; undefined where the text
 * is not a block. An IPv4-mapped IPv6 address or block is its IPv4 one (`docs/spec.md` §4).
 */
export function cidrTest(block: string): ((address: string) => boolean) | undefined {
  const [text, length, ...rest] = block.split('/')
  const written = parseAddress(text!)
  if (written === undefined || rest.length > 0) return undefined
  const bits = length === undefined ? written.length * 16 : parseLength(length)
  if (bits === undefined || bits > written.length * 16) return undefined

  const isMapped = written.length === 8 && bits >= 96 && hasMappedPrefix(written)
  const network = isMapped ? written.slice(6) : written
  const prefix = isMapped ? bits - 96 : bits
  return (candidate) => {
    const address = parseAddress(candidate)
    return address !== undefined && sharesPrefix(unmap(address), network, prefix)
  }
}

function sharesPrefix(address: Address, network: Address, bits: number): boolean {
  if (address.length !== network.length) return false
  for (let group = 0, left = bits; left > 0; group += 1, left -= 16) {
    const ignored = Math.max(0, 16 - left)
    if (address[group]! >> ignored !== network[group]! >> ignored) return false
  }
  return true
}

const unmap = (address: Address): Address =>
  address.length === 8 && hasMappedPrefix(address) ? address.slice(6) : address

const hasMappedPrefix = (address: Address): boolean =>
  MAPPED_PREFIX.every((group, i) => address[i] === group)

function parseLength(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : undefined
}

function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): Address | undefined {
  if (!/^(?:(?:0|[1-9][0-9]{0,2})(?:\.|$)){4}$/.test(text) || text.endsWith('.')) return undefined
  const bytes = text.split('.').map(Number)
  if (bytes.some((byte) => byte > 255)) return undefined
  return [(bytes[0]! << 8) | bytes[1]!, (bytes[2]! << 8) | bytes[3]!]
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  if (halves.length === 1) return head.length === 8 ? head : undefined

  const missing = 8 - head.length - tail.length
  return missing >= 1 ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined
}

/** Groups between colons; only the last one of an address may be written as IPv4. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const last = isEnd && i === parts.length - 1 ? parseIpv4(part) : undefined
      if (last === undefined) return undefined
      groups.push(...last)
    }
  }
  return groups
}
