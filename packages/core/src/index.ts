export { defineErrors, FlaghoistError, type Issue, isFlaghoistError } from './errors.ts'
export { LIMITS } from './limits.ts'
export type {
  Arm,
  ErrorCode,
  EvaluationContext,
  FlagMetadata,
  Reason,
  ReasonDetail,
  ResolutionDetails,
} from './resolution.ts'
export type {
  Clause,
  FlagConfiguration,
  FlagType,
  JsonValue,
  Operator,
  Prerequisite,
  Rollout,
  Rule,
  Ruleset,
  RulesetFlag,
  RulesetPatch,
  RulesetSegment,
  Serve,
  Split,
  SplitRange,
} from './ruleset.ts'
