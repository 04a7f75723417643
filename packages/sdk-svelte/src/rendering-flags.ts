import {
  createClient,
  type EvaluationContext,
  type Platform,
  type Ruleset,
} from '@flaghoist/client'
import type { AppFlags } from './provided-flags.ts'
import { recordServerFailure } from './server-failures.ts'

/** A platform without network, timers and clock. */
const INERT_PLATFORM: Platform = {
  sdk: '@flaghoist/svelte',
  request: () => () => undefined,
  now: Date.now,
  elapsed: () => 0,
  random: () => 0,
  schedule: () => () => undefined,
  warn: () => undefined,
}

/**
 * Creates flags for a page while its server renders it: they evaluate a ruleset and do nothing
 * else. The browser records the exposures; a failing new path is recorded by the request.
 */
export function createRenderingFlags(
  bootstrap: Ruleset | null | undefined,
  context: EvaluationContext,
): AppFlags {
  const client = createClient(
    { url: 'http://none', key: 'none', bootstrap, exposures: false },
    INERT_PLATFORM,
  )
  return {
    ...client,
    ...client.for(context),
    fail: recordServerFailure,
    // A page is rendered for one user, and no update can arrive.
    identify: () => undefined,
    ready: async () => ({ status: bootstrap ? 'cached' : 'default' }),
  }
}
