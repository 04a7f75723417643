import {
  type TestFlags as ClientTestFlags,
  createTestFlags as createClientTestFlags,
  type FlagValues,
} from '@flaghoist/client'
import type { BrowserFlags } from './create-flags.ts'

/** Flags for tests of your own code: what you set is what is answered, to whomever. */
export interface TestFlags extends ClientTestFlags, BrowserFlags {}

/**
 * Flags that answer with given values, without a server. A flag that is not set answers with the fallback.
 *
 * @example
 * const flags = createTestFlags({ 'new-checkout': true, theme: 'dark' })
 * const shop = buildShop(flags)
 */
export function createTestFlags(values: Partial<FlagValues> = {}): TestFlags {
  const flags = createClientTestFlags(values)
  let { context } = flags
  return {
    ...flags,
    get context() {
      return context
    },
    identify(next) {
      context = next
    },
  }
}
