/** The isomorphic Flaghoist client, on which SDKs such as `@flaghoist/node` are built. */

export type {
  EvaluationContext,
  FlagOverride,
  JsonValue,
  Reason,
  ResolutionDetails,
  Ruleset,
} from '@flaghoist/core'
export { FlaghoistError, isFlaghoistError } from '@flaghoist/core'
export { jsonText, mergeContexts } from '@flaghoist/core/internal'
export type { CircuitOptions } from './circuits.ts'
export { type Client, createClient } from './client.ts'
export type { Transport } from './connection-state.ts'
export { clientError, clientErrors } from './errors.ts'
export type {
  BooleanFlagKey,
  FlagFallback,
  FlagKey,
  FlagTypes,
  FlagValue,
  FlagValues,
  FlagVariant,
  FlagVariants,
} from './flag-types.ts'
export type {
  FlagDetails,
  FlagReader,
  Flags,
  FlagsEvents,
  FlagsState,
  FlagsStatus,
  OutcomeReporter,
  ReadyOptions,
  ScopedFlags,
} from './flags.ts'
export {
  type CheckedOptions,
  type ClientOptions,
  checkOptions,
  type OptionErrors,
  type Rule,
} from './options.ts'
export type { Cache, HttpHandlers, HttpRequest, Platform } from './platform.ts'
export { cursorOf } from './ruleset-store.ts'
export type { Binding } from './scoped.ts'
export { createTestFlags, type TestFlags, type TestOutcome } from './test-flags.ts'
