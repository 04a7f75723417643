export { canonicalJson } from './canonical-json.ts'
export { closest } from './closest.ts'
export { DEV } from './dev.ts'
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
} from './evaluate/evaluate.ts'
export { exposedUnit } from './evaluate/exposed-unit.ts'
export { Prepared, type PrepareOptions, prepare } from './evaluate/prepare.ts'
export type { PreparedFlag } from './evaluate/prepared-flag.ts'
export type {
  Arm,
  ErrorCode,
  EvaluationContext,
  FlagMetadata,
  Reason,
  ReasonDetail,
  Resolution,
  ResolutionDetails,
} from './evaluate/resolution.ts'
export { snapshot } from './evaluate/snapshot.ts'
export { BUCKETS, bucketOf, hashIdentifier, hex8, murmur3, murmur3Int32 } from './hash.ts'
export { bucketMiddle, histogramBucket } from './histogram.ts'
export { LIMITS } from './limits.ts'
export { diff } from './ruleset/diff.ts'
export { createDigester } from './ruleset/digest.ts'
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
export { SNAPSHOT_EPOCH } from './ruleset/wire.ts'
