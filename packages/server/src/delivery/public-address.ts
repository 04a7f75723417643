import { BlockList, isIPv6 } from 'node:net'

/**
 * Networks that are not part of the public internet: private, loopback, link-local, multicast,
 * reserved, and those that stand for IPv4 addresses of their own.
 */
const NETWORKS = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const

// Two lists: in one, the network of mapped addresses would contain every IPv4 address.
const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const [network, prefix] of NETWORKS) {
  const family = familyOf(network)
  lists[family].addSubnet(network, prefix, family)
}

/** Checks that an IP address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = familyOf(address)
  return !lists[family].check(address, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
