import {
  type TestFlags as ClientTestFlags,
  createTestFlags as createClientTestFlags,
  type FlagValues,
} from '@flaghoist/client'
import { type NodeFlags, withScopes } from './scopes.ts'

/** Flags for tests of an app: evaluations return the values that were set, for every context. */
export interface TestFlags extends ClientTestFlags, NodeFlags {}

/**
 * Creates flags with given values, without a server. A flag that is not set evaluates to the
 * fallback. Integrations with frameworks accept them like other flags.
 *
 * @example
 * const flags = createTestFlags({ 'new-checkout': true, theme: 'dark' })
 * const shop = buildShop(flags)
 */
export function createTestFlags(values: Partial<FlagValues> = {}): TestFlags {
  const flags = withScopes(createClientTestFlags(values))
  // There is no ruleset for a page to start from.
  return { ...flags, snapshot: () => undefined }
}
