import { murmur3Int32 } from '@flaghoist/core/internal'
import { createHashSet } from './hash-set.ts'
import type { Platform } from './platform.ts'

/** Remembers for some minutes which units have met which ids. */
export interface UnitWindow {
  /**
   * Returns whether a unit meets an id for the first time in this window. A repeat allocates
   * nothing.
   * @param hash any hash of the unit, always the same one for this id
   */
  isNew(id: number, unit: string, hash: number, instance: string | undefined): boolean
}

/** Time until a unit counts again. */
const WINDOW_MS = 300_000

export function createUnitWindow(platform: Platform): UnitWindow {
  const met = createHashSet()
  let isTimed = false
  // Evaluations for one instance come in a row, so the latest hash is kept.
  let lastInstance: string | undefined
  let lastHash = 0

  const clear = () => {
    isTimed = false
    met.clear()
  }
  return {
    isNew(id, unit, hash, instance) {
      if (instance !== lastInstance) {
        lastInstance = instance
        lastHash = instance === undefined ? 0 : murmur3Int32(instance, 1)
      }
      if (!met.add(hash ^ id ^ lastHash, traitsOf(unit))) return false
      if (!isTimed) platform.schedule(WINDOW_MS, clear)
      isTimed = true
      return true
    },
  }
}

/**
 * Returns the length and four characters of a unit. Among 100,000 units, one pair has equal hashes
 * of 32 bits; that its traits are equal too is a thousand times less likely, for ids that count up
 * as for addresses of one domain.
 */
function traitsOf(unit: string): number {
  const last = unit.length - 1
  const middle = unit.length >> 1
  const characters =
    (unit.charCodeAt(last) & 0x7f) |
    ((unit.charCodeAt(last - 1) & 0x7f) << 7) |
    ((unit.charCodeAt(middle) & 0x7f) << 14) |
    ((unit.charCodeAt(middle - 1) & 0x7f) << 21)
  return characters ^ (unit.length << 26)
}
