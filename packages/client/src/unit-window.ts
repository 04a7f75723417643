import { murmur3Int32 } from '@flaghoist/core/internal'
import { createIntSet } from './int-set.ts'
import type { Platform } from './platform.ts'

/** Remembers for some minutes which units have met which ids. */
export interface UnitWindow {
  /**
   * Returns whether a unit meets an id for the first time in this window. A repeat allocates
   * nothing.
   */
  isNew(id: number, unit?: string, instance?: string): boolean
}

/** Time until a unit counts again. */
const WINDOW_MS = 300_000

export function createUnitWindow(platform: Platform): UnitWindow {
  const met = createIntSet()
  let isTimed = false
  // Evaluations for one context come in a row, so the latest hash is kept.
  let lastUnit: string | undefined
  let lastInstance: string | undefined
  let lastHash = 0

  const clear = () => {
    isTimed = false
    met.clear()
  }
  return {
    isNew(id, unit = '', instance) {
      if (unit !== lastUnit || instance !== lastInstance) {
        lastUnit = unit
        lastInstance = instance
        lastHash = murmur3Int32(unit, instance === undefined ? 0 : murmur3Int32(instance, 0))
      }
      // Both are hashes of 32 bits: 40,000 units lose about one exposure to a collision.
      if (!met.add(lastHash ^ id)) return false
      if (!isTimed) platform.schedule(WINDOW_MS, clear)
      isTimed = true
      return true
    },
  }
}
