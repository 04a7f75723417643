/** Feature flags for Node.js, answered locally. */
export {
  type BooleanFlagKey,
  createTestFlags,
  type EvaluationContext,
  FlaghoistError,
  type FlagKey,
  type FlagReader,
  type Flags,
  type FlagsEvents,
  type FlagsState,
  type FlagsStatus,
  type FlagTypes,
  isFlaghoistError,
  type JsonValue,
  type ReadyOptions,
  type Reason,
  type ResolutionDetails,
  type Ruleset,
  type ScopedFlags,
  type TestFlags,
} from '@flaghoist/client'
export { createFlags, type NodeOptions } from './create-flags.ts'
export type { Telemetry } from './telemetry.ts'
