import type { AppFlags } from './provided-flags.ts'

const nothing = () => undefined
const leave = () => nothing

/** Flags where none are provided: each answers with its fallback. */
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
  track: nothing,
  error: nothing,
  fail: nothing,
  guard: (_key, _next, old) => old(),
  identify: nothing,
  on: leave,
  ready: async () => ({ status: 'default' }),
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
    openCircuits: [],
  }),
}
