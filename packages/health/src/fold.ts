import { closeBlock, withTrial } from './blocks.ts'
import {
  type AllocationCounts,
  type Arms,
  addArms,
  bothArms,
  type MinuteCounts,
  NOBODY,
} from './counts.ts'
import { restarted } from './evidence-process.ts'
import { addHistogram, unitsAbove } from './histogram.ts'
import { betOnBlock } from './kernels/block-bernoulli.ts'
import { betOnEventShare, EVENT_SHARE_WEIGHTS, eventShare } from './kernels/event-share.ts'
import { betOnHazards, betOnTails, withMargin } from './kernels/latency.ts'
import { isMirrored, type Metric, suspectFirst } from './metric.ts'
import { type AllocationTotals, CONVERSION_ODDS, type Tally } from './tally.ts'
import { addPairs, addTrials, type Trial } from './trial.ts'

/** The index of p90 in the tails: the dichotomy that clears a measurement. */
const CLEARING_TAIL = 1
/** The first guess at a conversion rate. */
const CONVERSION_GUESS = { units: 20, rate: 0.1 } as const

/** A tally whose members are replaced minute by minute; its long arrays are its own. */
type Draft = { -readonly [Member in keyof Tally]: Tally[Member] } & {
  allocations: AllocationTotals[]
}

/**
 * Adds finished minutes whose outcomes have matured. They must follow those of the tally.
 *
 * Folding minutes in any number of steps gives the same tally as folding them at once. A minute
 * that was folded is never read again, so fold a minute when its counts are final.
 *
 * @param allocations an allocation with the revision of the tally's last allocation continues it
 */
export function fold(tally: Tally, allocations: readonly AllocationCounts[]): Tally {
  return advance(tally, allocations, matureMinute)
}

/**
 * Adds minutes that are not over or whose outcomes have not matured. They are evidence of harm, but
 * clear nothing. The result is for one judgement: fold the minutes again once they are final.
 */
export function withRecent(tally: Tally, allocations: readonly AllocationCounts[]): Tally {
  return advance(tally, allocations, recentMinute)
}

type AddMinute = (draft: Draft, minute: MinuteCounts) => void

function advance(tally: Tally, allocations: readonly AllocationCounts[], add: AddMinute): Tally {
  const draft = draftOf(tally)
  for (const allocation of allocations) {
    beginAllocation(draft, allocation)
    for (const minute of allocation.minutes) {
      add(draft, minute)
      draft.first ??= minute.minute
      draft.last = minute.minute
    }
  }
  return draft
}

function draftOf(tally: Tally): Draft {
  const { process, measured, latency } = tally
  return {
    ...tally,
    process: { ...process, logs: [...process.logs] },
    allocations: [...tally.allocations],
    measured: { control: [...measured.control], treatment: [...measured.treatment] },
    latency: { ...latency, reference: [...latency.reference] },
  }
}

/** Restarts the evidence only where the share grows: that is when a new kind of harm can begin. */
function beginAllocation(draft: Draft, { revision, share }: AllocationCounts): void {
  const last = draft.allocations.at(-1)
  if (last?.revision === revision) return
  if (last !== undefined && share > last.share) draft.process = restarted(draft.process)
  draft.blocks = closeBlock(draft.blocks)
  draft.allocations = [...draft.allocations, { revision, share, units: NOBODY, events: NOBODY }]
}

function recentMinute(draft: Draft, minute: MinuteCounts): void {
  const { metric } = draft
  const before = draft.allocations.at(-1)!
  const events = eventsOf(metric, minute)
  draft.allocations[draft.allocations.length - 1] = {
    ...before,
    units: addArms(before.units, minute.exposed),
    events: addArms(before.events, events),
  }
  if (metric.kind === 'measurement') {
    addMeasured(draft, minute)
    return
  }
  if (metric.kind !== 'conversion') draft.limited = addLimited(draft, minute.exposed, events)
  if (metric.kind !== 'kept-off' && bothArms(events) > 0) betOnEvents(draft, events, before, minute)
}

function matureMinute(draft: Draft, minute: MinuteCounts): void {
  recentMinute(draft, minute)
  const { metric } = draft
  if (metric.kind === 'measurement' || metric.kind === 'kept-off') return
  const trial = trialOf(metric, minute)
  if (metric.kind === 'conversion') {
    betOnConversions(draft, trial)
    draft.limited = addLimited(draft, minute.exposed, missingOf(minute))
  }
  draft.blocks = withTrial(draft.blocks, trial)
}

/** Units that had no outcome within the maturity window. */
function missingOf({ exposed, matured = NOBODY }: MinuteCounts): Arms {
  return {
    control: Math.max(0, exposed.control - matured.control),
    treatment: Math.max(0, exposed.treatment - matured.treatment),
  }
}

/** Units of a minute and those that had the outcome within the maturity window, suspect first. */
export function trialOf(metric: Metric, minute: MinuteCounts): Trial {
  const { exposed, matured = NOBODY } = minute
  const events = metric.kind === 'absence' ? missingOf(minute) : matured
  return { units: suspectFirst(metric, exposed), events: suspectFirst(metric, events) }
}

/** Units whose event arrived in a minute; for a measurement, units that were measured. */
function eventsOf({ kind }: Metric, minute: MinuteCounts): Arms {
  const { arrived = NOBODY, measured } = minute
  if (kind === 'absence') return missingOf(minute)
  if (kind !== 'measurement' || measured === undefined) return arrived
  return {
    control: unitsAbove(measured.control, -1),
    treatment: unitsAbove(measured.treatment, -1),
  }
}

function betOnEvents(
  draft: Draft,
  events: Arms,
  before: AllocationTotals,
  { exposed }: MinuteCounts,
): void {
  const { metric } = draft
  const designed = isMirrored(metric) ? 1 - before.share : before.share
  const earlier = suspectFirst(metric, before.units)
  const share = eventShare(designed, earlier, addPairs(earlier, suspectFirst(metric, exposed)))
  betOnEventShare(logsOf(draft), suspectFirst(metric, events), share, metric.margin)
}

function addLimited({ limited }: Draft, units: Arms, harmed: Arms): Tally['limited'] {
  return { units: addArms(limited.units, units), harmed: addArms(limited.harmed, harmed) }
}

/** Bets on matured blocks as well: conversions are often too frequent for the event share alone. */
function betOnConversions(draft: Draft, trial: Trial): void {
  // These bets know no margin: inside one, equal rates would be the wrong null.
  if ((draft.metric.margin ?? 0) > 0) return
  const { closed, open } = draft.blocks
  betOnBlock(logsOf(draft), trial, closed.reduce(addTrials, open), {
    odds: CONVERSION_ODDS,
    guess: CONVERSION_GUESS,
    offset: EVENT_SHARE_WEIGHTS.length,
  })
}

function addMeasured(draft: Draft, minute: MinuteCounts): void {
  const { measured } = minute
  if (measured === undefined) return
  const { metric, latency } = draft
  const mirrored = isMirrored(metric)
  const suspect = mirrored ? measured.control : measured.treatment
  const reference = withMargin(mirrored ? measured.treatment : measured.control, metric.margin)
  betOnHazards(logsOf(draft), suspect, reference)
  const tails = betOnTails(logsOf(draft), [suspect, reference], latency)
  if (tails !== undefined) {
    draft.blocks = withTrial(draft.blocks, tails[CLEARING_TAIL]!)
    const sums = latency.tails.map((past, t) => addTrials(past, tails[t]!))
    draft.latency = { ...latency, tails: sums }
  }
  addHistogram(draft.latency.reference as number[], reference)
  addHistogram(draft.measured.control as number[], measured.control)
  addHistogram(draft.measured.treatment as number[], measured.treatment)
  const units = eventsOf(metric, minute)
  draft.limited = addLimited(draft, units, beyondLimit(metric, measured))
}

function beyondLimit(
  { direction, limit }: Metric,
  { control, treatment }: NonNullable<MinuteCounts['measured']>,
): Arms {
  const bucket = limit?.bucket
  if (bucket === undefined) return NOBODY
  const harmed: (histogram: typeof control) => number =
    direction === 'less'
      ? (histogram) => unitsAbove(histogram, -1) - unitsAbove(histogram, bucket - 1)
      : (histogram) => unitsAbove(histogram, bucket)
  return { control: harmed(control), treatment: harmed(treatment) }
}

/** The logs of a draft: its own copy, made by `draftOf` or by a restart. */
function logsOf({ process }: Draft): number[] {
  return process.logs as number[]
}
