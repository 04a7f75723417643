/** The public API: verdicts on rollouts and effects of splits, as pure functions over counts. */
export {
  type Budget,
  metricWeights,
  type RunOfScope,
  scopeAlpha,
  systemicAlpha,
} from './budget.ts'
export {
  type AllocationCounts,
  type Arms,
  allocationsSince,
  type Histogram,
  type MinuteCounts,
} from './counts.ts'
export {
  compareArms,
  compareVariants,
  type Effect,
  type EffectPoint,
  type Interval,
  type VariantCounts,
  type VariantMinute,
} from './effect.ts'
export type { EvidenceProcess } from './evidence-process.ts'
export { type EvidencePoint, evidenceSeries } from './evidence-series.ts'
export { fold } from './fold.ts'
export {
  type AcceptedHold,
  judgeMetric,
  type MetricCounts,
  type MetricTerms,
} from './judge-metric.ts'
export {
  judgeScope,
  type LastStage,
  SAFE_HOURS,
  SAFE_PART_OF_USERS,
  type ScopeInput,
} from './judge-scope.ts'
export { judgeTogether, type ScopeEvidence, type SystemicVerdict } from './judge-together.ts'
export type { HardLimit, Metric, MetricKind } from './metric.ts'
export {
  judgeRecorded,
  type PackedAllocation,
  type RecordedCounts,
  recordCounts,
} from './recorded-counts.ts'
export { defaultDelta, type Eta, harmBudget } from './stage.ts'
export { emptyTally, evidenceOfHarm, type Tally } from './tally.ts'
export {
  ACTIONS,
  type Action,
  type Evidence,
  type MetricState,
  type MetricVerdict,
  type Quantiles,
  type SafetyGap,
  type ScopeState,
  type ScopeVerdict,
  type Subject,
} from './verdict.ts'
