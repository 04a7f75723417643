import type { Ruleset } from '@flaghoist/core'
import type { Cursor } from '../rulesets/cursor.ts'

/** The versions that a connection has led through, each with its hash. */
export interface Lineage {
  /** @param isNext false for a ruleset that does not follow the one before */
  add(ruleset: Ruleset, isNext: boolean): void
  /** Returns whether the newest ruleset follows from a cursor, as far as the relay has seen. */
  contains(cursor: Cursor): boolean
}

/** Versions that are remembered: those whose patches a stream may still send. */
const MAX_VERSIONS = 1_024

export function createLineage(): Lineage {
  const hashes = new Map<number, string | undefined>()
  let epoch: string | undefined
  return {
    add(ruleset, isNext) {
      if (!isNext) hashes.clear()
      epoch = ruleset.epoch
      hashes.set(ruleset.version, ruleset.hash)
      if (hashes.size > MAX_VERSIONS) hashes.delete(hashes.keys().next().value!)
    },
    contains({ version, hash, ...cursor }) {
      if (cursor.epoch !== epoch || !hashes.has(version)) return false
      // Without a hash, the digest in the next heartbeat has to reveal another lineage.
      return hash === undefined || hash === hashes.get(version)
    },
  }
}
