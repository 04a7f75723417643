import type { JsonValue, ResolutionDetails } from '@flaghoist/core'
import { Emitter } from './emitter.ts'
import type { FlagValues } from './flag-types.ts'
import type { Flags } from './flags.ts'
import { scopedFlags } from './scoped.ts'

/** Flags for tests of your own code: what you set is what is answered. */
export interface TestFlags extends Flags {
  /** Sets flags; listeners of `change` are called as they would be by a server. */
  set(values: Partial<FlagValues>): void
}

/**
 * Flags that answer with given values, without a server. A flag that is not set answers with the fallback.
 *
 * @example
 * const flags = createTestFlags({ 'new-checkout': true, theme: 'dark' })
 * const shop = buildShop(flags)
 */
export function createTestFlags(values: Partial<FlagValues> = {}): TestFlags {
  const known = new Map<string, JsonValue | undefined>(Object.entries(values))
  const events = new Emitter((error) => {
    throw error
  })
  let version = 1

  const details = (key: string, fallback: JsonValue): ResolutionDetails<never> => {
    const value = known.get(key)
    if (value !== undefined && typeof value === typeof fallback)
      return { value: value as never, variant: 'test', reason: 'STATIC', flagMetadata: {} }
    const errorCode = value === undefined ? 'FLAG_NOT_FOUND' : 'TYPE_MISMATCH'
    return { value: fallback as never, reason: 'ERROR', errorCode, flagMetadata: {} }
  }
  const flags: TestFlags = {
    isEnabled: (key, _context, fallback = false) => details(key, fallback).value,
    value: (key, fallback) => details(key, fallback).value,
    details: (key, fallback) => details(key, fallback),
    for: (context) => scopedFlags(flags, context),
    on: events.on.bind(events),
    ready: async () => ({ status: 'live' as const }),
    status: () => ({
      state: 'live' as const,
      transport: 'none' as const,
      project: 'test',
      scope: 'test',
      version,
      epoch: 'test',
      ageMs: 0,
      lastError: undefined,
      droppedExposures: 0,
    }),
    close: async () => events.clear(),
    set(next) {
      for (const [key, value] of Object.entries(next)) known.set(key, value)
      version += 1
      events.emit('change', { flags: Object.keys(next) })
    },
  }
  return flags
}
