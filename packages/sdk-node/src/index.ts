/** Feature flags for Node.js, evaluated locally. */
export {
  type BooleanFlagKey,
  type CircuitOptions,
  type EvaluationContext,
  FlaghoistError,
  type FlagKey,
  type FlagReader,
  type Flags,
  type FlagsEvents,
  type FlagsState,
  type FlagsStatus,
  type FlagTypes,
  type FlagVariants,
  isFlaghoistError,
  type JsonValue,
  type OutcomeReporter,
  type ReadyOptions,
  type Reason,
  type ResolutionDetails,
  type Ruleset,
  type ScopedFlags,
  type TestOutcome,
} from '@flaghoist/client'
export { createFlags, type NodeOptions } from './create-flags.ts'
export { type RequestOptions, type RequestScope, requestScope } from './request-scope.ts'
export type { NodeFlags } from './scopes.ts'
export type { Telemetry } from './telemetry.ts'
export { createTestFlags, type TestFlags } from './test-flags.ts'
