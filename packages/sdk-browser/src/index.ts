/** Feature flags for browsers, evaluated locally. */
export type {
  BooleanFlagKey,
  CircuitOptions,
  EvaluationContext,
  FlagKey,
  FlagOverride,
  FlagReader,
  Flags,
  FlagsEvents,
  FlagsState,
  FlagsStatus,
  FlagTypes,
  FlagVariants,
  JsonValue,
  OutcomeReporter,
  ReadyOptions,
  Reason,
  ResolutionDetails,
  Ruleset,
  ScopedFlags,
  TestOutcome,
} from '@flaghoist/client'
export { isFlaghoistError } from '@flaghoist/client'
export { anonymousId } from './anonymous-id.ts'
export { type BrowserFlags, type BrowserOptions, createFlags } from './create-flags.ts'
export { createTestFlags, type TestFlags } from './test-flags.ts'
