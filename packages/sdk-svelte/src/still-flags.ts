import {
  createClient,
  type EvaluationContext,
  type Platform,
  type Ruleset,
} from '@flaghoist/client'
import type { AppFlags } from './provided-flags.ts'
import { reportFailure } from './server-failures.ts'

/** Nothing happens, and no time passes. */
const STILL: Platform = {
  sdk: '@flaghoist/svelte',
  request: () => () => undefined,
  now: Date.now,
  elapsed: () => 0,
  random: () => 0,
  schedule: () => () => undefined,
  warn: () => undefined,
}

/**
 * Flags that answer from a ruleset and do nothing else: for a page while its server renders it. What is asked is counted in the browser; a new
 * path that fails is told to the request.
 */
export function stillFlags(
  bootstrap: Ruleset | null | undefined,
  context: EvaluationContext,
): AppFlags {
  const client = createClient(
    { url: 'http://still', key: 'none', bootstrap, exposures: false },
    STILL,
  )
  return {
    ...client,
    ...client.for(context),
    fail: reportFailure,
    // A page is rendered for one user, and nothing comes that could be waited for.
    identify: () => undefined,
    ready: async () => ({ status: bootstrap ? 'cached' : 'default' }),
  }
}
