export { canonicalJson } from './canonical-json.ts'
export { closest } from './closest.ts'
export { DEV } from './dev.ts'
export { diff } from './diff.ts'
export { createDigester } from './digest.ts'
export {
  type CatalogEntry,
  codeOnly,
  defineErrors,
  type ErrorFactory,
  FlaghoistError,
  type Issue,
  isFlaghoistError,
} from './errors.ts'
export {
  detailsOf,
  evaluate,
  isEnabled,
  resolutionOf,
  type Widened,
} from './evaluate.ts'
export { exposedUnit } from './exposed-unit.ts'
export { BUCKETS, bucketOf, hashIdentifier, hex8, murmur3, murmur3Int32 } from './hash.ts'
export { bucketMiddle, histogramBucket } from './histogram.ts'
export { LIMITS } from './limits.ts'
export { patch } from './patch.ts'
export { Prepared, type PrepareOptions, prepare } from './prepare.ts'
export type { PreparedFlag } from './prepared-flag.ts'
export type {
  Arm,
  ErrorCode,
  EvaluationContext,
  FlagMetadata,
  Reason,
  ReasonDetail,
  Resolution,
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
export { SNAPSHOT_EPOCH } from './ruleset.ts'
export { snapshot } from './snapshot.ts'
