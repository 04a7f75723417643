import { checkOfLast, murmur3Int32, type Placement } from '@flaghoist/core/internal'
import { createHashSet } from './hash-set.ts'
import type { Platform } from './platform.ts'

/** Remembers for some minutes which units have met which ids. */
export interface UnitWindow {
  /**
   * Returns whether a unit meets an id for the first time in this window. A repeat allocates
   * nothing.
   */
  isNew(id: number, unit: Placement, instance: string | undefined): boolean
}

/** Time until a unit counts again. */
const WINDOW_MS = 300_000

export function createUnitWindow(platform: Platform): UnitWindow {
  const met = createHashSet()
  let isTimed = false
  // Evaluations for one instance come in a row, so the latest hash is kept.
  let lastInstance: string | undefined
  let lastHash = 0
  let lastCheck = 0

  const clear = () => {
    isTimed = false
    met.clear()
  }
  const hashInstance = (instance: string | undefined) => {
    lastInstance = instance
    lastHash = murmur3Int32(instance ?? '', instance === undefined ? 0 : 1)
    lastCheck = checkOfLast()
  }
  return {
    isNew(id, { hash, check }, instance) {
      if (instance !== lastInstance) hashInstance(instance)
      // Each half contains the id, because flags of one salt place a unit at the same hash.
      if (!met.add(hash ^ id ^ lastHash, (check + id + lastCheck) | 0)) return false
      if (!isTimed) platform.schedule(WINDOW_MS, clear)
      isTimed = true
      return true
    },
  }
}
