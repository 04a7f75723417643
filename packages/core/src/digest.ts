import { canonicalJson } from './canonical-json.ts'
import { hex8, murmur3 } from './hash.ts'
import type { Ruleset } from './ruleset.ts'

/**
 * A function that gives the digest of a ruleset (`docs/spec.md` §6). It remembers each item by its identity,
 * so that after a patch only the items that the patch brought are hashed.
 *
 * @example
 * const digest = createDigester()
 * digest(ruleset) // '9c6c4a0be2a1d5f0'
 */
export function createDigester(): (ruleset: Pick<Ruleset, 'flags' | 'segments'>) => string {
  const known = new WeakMap<object, readonly [number, number]>()

  return ({ flags, segments }) => {
    let high = 0
    let low = 0
    const add = (kind: string, items: Readonly<Record<string, object>>) => {
      for (const [key, item] of Object.entries(items)) {
        const sums = known.get(item) ?? hashItem(kind, key, item)
        known.set(item, sums)
        high = (high + sums[0]) >>> 0
        low = (low + sums[1]) >>> 0
      }
    }
    add('flag', flags)
    add('segment', segments)
    return hex8(high) + hex8(low)
  }
}

function hashItem(kind: string, key: string, item: object): readonly [number, number] {
  const text = `${kind}:${key}:${canonicalJson(item)}`
  return [murmur3(text, 0), murmur3(text, 1)]
}
