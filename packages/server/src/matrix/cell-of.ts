import { BUCKETS } from '@flaghoist/core'
import {
  type LayerConfiguration,
  layerKey,
  matchesEveryContext,
  type ProjectState,
  runKey,
} from '@flaghoist/core/model'
import type { Flag, ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import type { Cell } from './cell-states.ts'

/** Returns the cell of a configuration, without rollouts. */
export function servedCell(flag: Flag, configuration: LayerConfiguration): Cell {
  const { on, killed, rules = [], rollout } = configuration
  if (killed) return { state: 'killed' }
  if (!on) return { state: 'off' }
  const released = releasedBuckets(flag, configuration)
  if (released === BUCKETS) return { state: 'on' }
  if (released > 0) return { state: 'share', tenth: tenthOf(released) }
  const isTargeted = rules.length > 0 || (rollout?.segments ?? []).length > 0
  return { state: isTargeted ? 'targeted' : 'off' }
}

/** Returns the cell of a scope in which the latest rollout of the flag has a run. */
export function runCell(
  flag: Flag,
  configuration: LayerConfiguration,
  { rollout, run, isEdited }: FlagRun,
): Cell {
  const served = servedCell(flag, configuration)
  if (served.state === 'killed') return served
  switch (run.state) {
    case 'done':
    case 'skipped':
      return served
    case 'rolled-back':
    case 'quarantined':
      return isEdited ? served : { state: run.state }
    default:
      if (rollout.status === 'paused') return { state: 'held' }
      if (run.state === 'waiting' || run.state === 'held') return { state: run.state }
      return { state: 'rolling', tenth: tenthOf(releasedBuckets(flag, configuration)) }
  }
}

/** A run, and whether a person has changed the layer of its scope since. */
export interface FlagRun {
  readonly rollout: ProgressiveRollout
  readonly run: RolloutRun
  readonly isEdited: boolean
}

/**
 * Returns the run of a rollout in a scope; undefined if it has none, or has ended without
 * exceptions.
 */
export function findFlagRun(
  { runs, editedAt }: Pick<ProjectState, 'runs' | 'editedAt'>,
  rollout: ProgressiveRollout | undefined,
  scope: string,
): FlagRun | undefined {
  if (rollout === undefined || !SHOWN.has(rollout.status)) return undefined
  const run = runs.get(rollout.key)?.get(scope)
  if (run === undefined) return undefined
  const layerEdit = editedAt.get(`layer:${layerKey(rollout.flag, scope)}`) ?? 0
  return {
    rollout,
    run,
    isEdited: layerEdit > (editedAt.get(`run:${runKey(rollout.key, scope)}`) ?? 0),
  }
}

const SHOWN: ReadonlySet<string> = new Set(['running', 'paused', 'completed-with-exceptions'])

/**
 * Returns the number of buckets that get another variant than the off one, among contexts that
 * match no rule, or the first rule for every context.
 */
function releasedBuckets(
  flag: Flag,
  { off, rules = [], rollout, fallthrough }: LayerConfiguration,
): number {
  const isOld = (key: string) =>
    key === off || flag.variants.some((variant) => variant.key === key && variant.value === false)
  const released = (serve: LayerConfiguration['fallthrough']) => {
    if ('variant' in serve) return isOld(serve.variant) ? 0 : BUCKETS
    const fresh = serve.split.ranges.filter(([, , variant]) => !isOld(variant))
    return fresh.reduce((sum, [start, end]) => sum + end - start, 0)
  }
  const rule = rules.find(matchesEveryContext)
  if (rule !== undefined) return released(rule.serve)
  const rest = released(fallthrough)
  if (rollout === undefined) return rest
  const share = rollout.share / BUCKETS
  return Math.round(share * released(rollout.serve) + (1 - share) * rest)
}

/** Rounds down, so that 99.9 % never looks like all. */
function tenthOf(buckets: number): number {
  return Math.min(9, Math.floor((buckets * 10) / BUCKETS))
}
