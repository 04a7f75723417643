export {
  buildScope,
  EVERYWHERE,
  environmentOf,
  instanceOf,
  isWithin,
  type LayerAddress,
  layerKey,
  parseLayerKey,
  parseRunKey,
  parseScope,
  runKey,
  type ScopeParts,
  scopeChain,
} from '../scope.ts'
export {
  type Allocation,
  allocationOf,
  allocationsOfAttempt,
  type ReportedConfiguration,
} from './allocations.ts'
export { type AppliedChange, apply, applyAll, applyInSteps, entityOf } from './apply.ts'
export { BUILT_IN_METRICS, BUILT_IN_PLANS, metricsOf, plansOf } from './built-in.ts'
export { partsOfState, type StatePart, stateOfParts } from './checkpoint.ts'
export {
  type Compiler,
  type CompileTarget,
  compile,
  createCompiler,
} from './compile/compile.ts'
export { conditionText } from './compile/hash-identifiers.ts'
export { lastChangeFor } from './compile/last-change.ts'
export { type EditedLayers, editedLayers } from './edited-layers.ts'
export { type StepWithoutEffect, servesNothing, stepWithoutEffect } from './effect.ts'
export { plainIdentifiers } from './identifying-clause.ts'
export { readsInstances } from './instance-revisions.ts'
export { killsLayers, type LayerToggle, restoresLayers } from './kill-by-tag.ts'
export {
  DEFAULT_PROVENANCE,
  type LayerConfiguration,
  type LayerField,
  layerOf,
  onVariantOf,
  type ResolvedLayers,
  resolveLayers,
} from './layers.ts'
export { loggedEdit, loggedEditInSteps, segmentWithout, withoutLists } from './logged-edit.ts'
export { maxMovedBuckets } from './max-moved-buckets.ts'
export { segmentsInLayers, segmentsNamedBy } from './named-segments.ts'
export { type PastServes, ruleOfPlace, splitsOf } from './past-serves.ts'
export { type PublishedClause, publishedByEdits } from './published-identifiers.ts'
export { weightsOf } from './ranges.ts'
export { matchesEveryContext } from './resolved-clauses.ts'
export { resplit, splitErrors, type Weights } from './resplit.ts'
export { isRestored, isSafeRollout, movesNoUser } from './safe-rollout.ts'
export { sameKeyInOtherCase } from './same-key.ts'
export { isSelected } from './select-instance.ts'
export { affectedFlags, affectedScopes, affectedScopesOf } from './served-changes.ts'
export { ownConfiguration, resolveInScope } from './served-configuration.ts'
export { servingText, servingTextIn } from './serving-text.ts'
export {
  type Audience,
  EMPTY_STATE,
  entityName,
  flagOf,
  type ProjectState,
  type RolloutRuns,
} from './state.ts'
export { type UnreachableSteps, unreachableByEdits } from './unreachable-steps.ts'
export { validate, validateInSteps } from './validate/index.ts'
export { segmentsOfPlan } from './validate/plan.ts'
