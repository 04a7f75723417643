/** The public API: evaluation of rulesets, their patches, and their types. */
export { FlaghoistError, type Issue, isFlaghoistError } from './errors.ts'
export { evaluate, isEnabled, type Widened } from './evaluate/evaluate.ts'
export {
  type FlagOverride,
  type Prepared,
  type PrepareOptions,
  prepare,
} from './evaluate/prepare.ts'
export type {
  Arm,
  ErrorCode,
  EvaluationContext,
  FlagMetadata,
  Reason,
  ReasonDetail,
  ResolutionDetails,
} from './evaluate/resolution.ts'
export { snapshot } from './evaluate/snapshot.ts'
export { BUCKETS, bucketOf, hashIdentifier } from './hash.ts'
export { LIMITS } from './limits.ts'
export { diff } from './ruleset/diff.ts'
export { patch } from './ruleset/patch.ts'
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
} from './ruleset/wire.ts'
