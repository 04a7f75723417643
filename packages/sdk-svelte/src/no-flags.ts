import type { AppFlags } from './provided-flags.ts'

const doNothing = () => undefined

/** Flags for components without a provider: each evaluates to its fallback. */
export const NO_FLAGS: AppFlags = {
  context: {},
  isEnabled: (_key, _context, fallback = false) => fallback,
  value: (_key, fallback) => fallback as never,
  details: (_key, fallback) => ({
    value: fallback as never,
    reason: 'ERROR',
    errorCode: 'PROVIDER_NOT_READY',
    flagMetadata: {},
  }),
  for: () => NO_FLAGS,
  track: doNothing,
  error: doNothing,
  fail: doNothing,
  guard: (_key, _next, old) => old(),
  identify: doNothing,
  override: doNothing,
  on: () => doNothing,
  ready: async () => ({ status: 'default' }),
  flush: async () => undefined,
  close: async () => undefined,
  status: () => ({
    state: 'default',
    transport: 'none',
    project: undefined,
    scope: undefined,
    version: undefined,
    epoch: undefined,
    ageMs: undefined,
    lastError: undefined,
    droppedExposures: 0,
    droppedOutcomes: 0,
    openCircuits: [],
    override: undefined,
  }),
}
