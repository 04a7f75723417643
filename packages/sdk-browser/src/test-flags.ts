import {
  type TestFlags as ClientTestFlags,
  createTestFlags as createClientTestFlags,
  type FlagValues,
} from '@flaghoist/client'
import type { BrowserFlags } from './create-flags.ts'

/** Flags for tests of an app: evaluations return the values that were set, for every context. */
export interface TestFlags extends ClientTestFlags, BrowserFlags {}

/**
 * Creates flags with given values, without a server. A flag that is not set evaluates to the
 * fallback.
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
    override: () => undefined, // The values of a test come from `set`.
  }
}
