import { canonicalJson } from '../canonical-json.ts'
import { hex8, murmur3 } from '../hash.ts'
import { isObject } from '../shape.ts'
import type { Ruleset } from './wire.ts'

/**
 * Returns a function that computes the digest of a ruleset (`docs/spec.md` §6). After a patch it
 * hashes only the patched items.
 *
 * @example
 * const digest = createDigester()
 * digest(ruleset) // '9c6c4a0be2a1d5f0'
 */
export function createDigester(): (ruleset: Pick<Ruleset, 'flags' | 'segments'>) => string {
  let last:
    | { readonly flags: object; readonly segments: object; readonly digest: string }
    | undefined

  return ({ flags, segments }) => {
    if (last?.flags === flags && last.segments === segments) return last.digest
    let high = 0
    let low = 0
    const add = (kind: ItemHash['kind'], items: Readonly<Record<string, unknown>>) => {
      for (const [key, item] of Object.entries(items)) {
        const hash = itemHash(kind, key, item)
        high = (high + hash.high) >>> 0
        low = (low + hash.low) >>> 0
      }
    }
    add('flag', flags)
    add('segment', segments)
    last = { flags, segments, digest: hex8(high) + hex8(low) }
    return last.digest
  }
}

interface ItemHash {
  readonly kind: 'flag' | 'segment'
  readonly key: string
  readonly high: number
  readonly low: number
}

/** Hashes of items by identity: rulesets of many targets share most of them. */
const hashes = new WeakMap<object, ItemHash>()

/** Returns the part of an item in the digests of its rulesets; cached per object. */
export function itemHash(kind: ItemHash['kind'], key: string, item: unknown): ItemHash {
  const known = isObject(item) ? hashes.get(item) : undefined
  // A ruleset written by hand may use one object for two keys.
  if (known?.key === key && known.kind === kind) return known
  const hash = hashItem(kind, key, item)
  if (isObject(item)) hashes.set(item, hash)
  return hash
}

function hashItem(kind: ItemHash['kind'], key: string, item: unknown): ItemHash {
  // `join` writes a new text in one piece, whose characters are read faster than those of a
  // concatenation.
  const text = [kind, key, canonicalJson(item)].join(':')
  return { kind, key, high: murmur3(text, 0), low: murmur3(text, 1) }
}
