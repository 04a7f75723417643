import { type Arms, addArms, allocationsSince, bothArms, NOBODY } from './counts.ts'
import { judgeMetric, type MetricCounts, type MetricTerms, WATCH_LOG } from './judge-metric.ts'
import { type DesignedUnits, logRatioMismatch } from './kernels/ratio-mismatch.ts'
import { count, percent, users } from './numbers.ts'
import {
  ACTIONS,
  type Evidence,
  type MetricVerdict,
  type SafetyGap,
  type ScopeState,
  type ScopeVerdict,
  type Subject,
} from './verdict.ts'

/** Evidence of missing units that holds a rollout: 1,000 to 1. */
const MISMATCH_LOG = Math.log(1_000)
/** The arms of a minute are compared once late reports of both have arrived. */
const LATE_MS = 120_000

/** Hours that the last stage must have lasted. */
export const SAFE_HOURS = 24
/** Part of the usual users of a day that must have been exposed by then. */
export const SAFE_PART_OF_USERS = 0.8

/** States from the worst on: the first one that a metric has is the scope's. */
const BY_WEIGHT: readonly ScopeState[] = [
  'regressed',
  'mismatch',
  'both-paths',
  'watch',
  'no-data',
  'too-few',
  'waiting',
  'cleared',
]

/** The counts of a scope and the terms of each metric. */
export interface ScopeInput {
  readonly subject: Subject
  /** The exposures of the first metric are checked for missing units. */
  readonly metrics: readonly (MetricCounts & Omit<MetricTerms, 'subject'>)[]
  /** Conditions for "safe to stop watching", in the last stage only. */
  readonly lastStage?: LastStage
}

/** The facts that "safe to stop watching" needs beside the counts. */
export interface LastStage {
  /** Hours since this stage began. */
  readonly hours: number
  /** The hour of the day that is usually the busiest was among them. */
  readonly hadBusiestHour: boolean
  /** Users that a day of this stage exposed, as a part of the usual number. */
  readonly partOfUsualUsers: number
  /** Verdicts on the last six hours alone, from `allocationsSince`. */
  readonly lately: readonly MetricVerdict[]
}

/** Judges one scope: the worst of its metrics decides. */
export function judgeScope({ subject, metrics, lastStage }: ScopeInput): ScopeVerdict {
  const verdicts = metrics.map((metric) => judgeMetric(metric, { ...metric, subject }))
  const allocations = reportedUnits(metrics[0])
  const mismatchLog = logRatioMismatch(allocations)
  const mismatch: Evidence = {
    log10: mismatchLog / Math.LN10,
    threshold: MISMATCH_LOG / Math.LN10,
  }
  const found = stateOf(verdicts, mismatchLog >= MISMATCH_LOG)
  const gap = found === 'cleared' && lastStage ? safetyGap(lastStage) : undefined
  const isSafe = found === 'cleared' && lastStage !== undefined && gap === undefined
  const state = isSafe ? 'safe' : found
  const decisive = verdicts.find((verdict) => verdict.state === state)
  return {
    scope: subject.scope,
    state,
    action: ACTIONS[state],
    ...(decisive !== undefined && { metric: decisive.metric }),
    ...(gap !== undefined && { gap }),
    mismatch,
    metrics: verdicts,
    sentence: isSafe
      ? safeSentence(subject, lastStage, allocations)
      : (decisive?.sentence ?? scopeSentence(state, subject, allocations)),
  }
}

function stateOf(verdicts: readonly MetricVerdict[], isMismatch: boolean): ScopeState {
  const states = new Set<string>(verdicts.map(({ state }) => state))
  if (isMismatch) states.add('mismatch')
  return BY_WEIGHT.find((state) => states.has(state)) ?? 'no-data'
}

/** Returns the first condition of "safe to stop watching" that a cleared scope does not meet. */
function safetyGap(stage: LastStage): SafetyGap | undefined {
  if (stage.hours < SAFE_HOURS) return 'hours'
  if (!stage.hadBusiestHour) return 'busiest-hour'
  if (stage.partOfUsualUsers < SAFE_PART_OF_USERS) return 'users'
  const isQuiet = stage.lately.every(({ comparison }) => comparison.log10 * Math.LN10 < WATCH_LOG)
  return isQuiet ? undefined : 'late-evidence'
}

/** Units of each allocation without the last two minutes, in which one arm may report later. */
function reportedUnits(counts: MetricCounts | undefined): readonly DesignedUnits[] {
  if (counts === undefined) return []
  const { recent, accepted } = counts
  const { allocations } = accepted?.tally ?? counts.tally
  const last = recent.at(-1)?.minutes.at(-1)?.minute ?? 0
  const units = new Map<number, DesignedUnits>(
    allocations.map((allocation) => [allocation.revision, allocation]),
  )
  for (const { revision, share, minutes } of allocationsSince(recent, accepted?.from ?? 0)) {
    const reported = minutes.filter(({ minute }) => minute <= last - LATE_MS)
    const sum = reported.reduce(
      (total, { exposed }) => addArms(total, exposed),
      units.get(revision)?.units ?? NOBODY,
    )
    units.set(revision, { share, units: sum })
  }
  return [...units.values()]
}

function safeSentence(
  { scope, flag }: Subject,
  { hours }: LastStage,
  allocations: readonly DesignedUnits[],
): string {
  const { treatment, control } = allocations.at(-1)?.units ?? NOBODY
  return `${scope}: ${flag} is safe to stop watching, since every guardrail is cleared after ${count(Math.floor(hours))} hours (${count(treatment)} and ${users(control)})`
}

function scopeSentence(
  state: ScopeState,
  { scope, flag }: Subject,
  allocations: readonly DesignedUnits[],
): string {
  const { share, units } = allocations.at(-1) ?? { share: 0, units: NOBODY }
  if (state === 'mismatch') return `${scope}: ${mismatchText(flag, share, units)}`
  return `${scope}: no metric of ${flag} is judged`
}

function mismatchText(flag: string, share: number, units: Arms): string {
  const all = bothArms(units)
  const part = percent(units.treatment / Math.max(1, all))
  return `on hold, since ${part} of ${users(all)} got ${flag} where ${percent(share)} were designed (${count(units.treatment)} of them); units are missing from one path`
}
