import {
  type TestFlags as ClientTestFlags,
  createTestFlags as createClientTestFlags,
  type FlagValues,
} from '@flaghoist/client'
import { type NodeFlags, withScopes } from './scopes.ts'

/** Flags for tests of your own code: what you set is what is answered, to whomever. */
export interface TestFlags extends ClientTestFlags, NodeFlags {}

/**
 * Flags that answer with given values, without a server. A flag that is not set answers with the fallback. Plugins of frameworks take them
 * as they take others.
 *
 * @example
 * const flags = createTestFlags({ 'new-checkout': true, theme: 'dark' })
 * const shop = buildShop(flags)
 */
export function createTestFlags(values: Partial<FlagValues> = {}): TestFlags {
  const flags = withScopes(createClientTestFlags(values))
  // There is no ruleset that a page could start from.
  return { ...flags, snapshot: () => undefined }
}
