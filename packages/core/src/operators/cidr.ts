const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
/** An IPv4 address, alone or at the end of an IPv6 address. */
const IPV4 = /* @__PURE__ */ new RegExp(`(^|:)${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`)
const MAPPED_BITS = 96
/** The bits before the IPv4 part of a mapped address. */
const MAPPED = /^0{80}1{16}/

/**
 * Returns a test of IP addresses against a block such as `10.0.0.0/8` or `2001:db8::/32`; undefined
 * for text that is not a block. An IPv4-mapped IPv6 address or block equals its IPv4 form
 * (`docs/spec.md` §4).
 */
export function cidrTest(block: string): ((address: string) => boolean) | undefined {
  const [text = '', length, ...rest] = block.split('/')
  const network = bitsOf(text)
  const before = text.includes(':') ? 0 : MAPPED_BITS
  const bits = length === undefined ? 128 : before + Number(length)
  const isLength = length === undefined || /^(0|[1-9]\d{0,2})$/.test(length)
  if (network === undefined || rest.length > 0 || !isLength || bits > 128) return undefined

  const prefix = network.slice(0, bits)
  return (candidate) => {
    const address = bitsOf(candidate)
    if (address === undefined || !address.startsWith(prefix)) return false
    // A block wider than the mapped range contains IPv6 addresses only.
    return bits >= MAPPED_BITS || !MAPPED.test(address)
  }
}

/**
 * The 128 bits of an address as text, with IPv4 mapped to IPv6; undefined for text that is not an
 * address.
 */
function bitsOf(text: string): string | undefined {
  const mapped = text.replace(IPV4, (_, before: string, ...octets) => {
    const group = (i: number) => (octets[i] * 256 + Number(octets[i + 1])).toString(16)
    return `${before || '::ffff:'}${group(0)}:${group(2)}`
  })
  const halves = mapped.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail = []] = halves
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined

  const groups = [...head, ...new Array<string>(missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}
