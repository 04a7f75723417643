import type { ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { judgeTogether, metricWeights, systemicAlpha } from '@flaghoist/health'
import { createChangedAttempts } from '../../health/changed-attempts.ts'
import { createCountsReader } from '../../health/counts-reader.ts'
import type { UnitSamples } from '../../ingest/unit-samples.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { LeaseGap } from '../../stores/leases.ts'
import type { Stores } from '../../stores/stores.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'
import { isInProgress } from '../decide-run.ts'
import { runsOf } from '../find-rollout.ts'
import { NO_HEALTH } from '../observe.ts'
import type { RolloutHealth } from '../rollout-engine.ts'
import type { Reason } from '../transition.ts'
import { budgetOf, type JudgedScope, judgeRun } from './judge-run.ts'

/** A verdict, and everything beside the counts that it depends on. */
interface Kept {
  readonly judged: JudgedScope
  readonly run: RolloutRun
  readonly rollout: ProgressiveRollout
  readonly metrics: ProjectState['metrics']
  /** Minutes mature as time goes by. */
  readonly minute: number
  readonly reading: number
}

/**
 * Creates the function that reads the counts of a rollout and judges its runs. A run without new
 * counts keeps its verdict for a minute.
 */
export function createJudge(
  { events, leases }: Pick<Stores, 'events' | 'leases'>,
  samples: UnitSamples,
  now: () => number,
) {
  const reader = createCountsReader(events, now)
  const changed = createChangedAttempts(events)
  const kept = new Map<string, Kept>()
  let tidiedAt = 0
  let gaps: readonly LeaseGap[] = []
  /** Reads the gaps anew, and forgets runs that are no longer judged. */
  const tidy = async (minute: number) => {
    if (minute === tidiedAt) return
    gaps = await leases.gaps('rollouts')
    tidiedAt = minute
    for (const [name, one] of kept) if (one.minute < minute - 1) kept.delete(name)
  }

  const judge = async (
    { key: project, state }: LiveProject,
    rollout: ProgressiveRollout,
    run: RolloutRun,
    reading: number,
  ): Promise<JudgedScope> => {
    const units = { project, flag: rollout.flag, scope: run.scope, arm: 'treatment' } as const
    const name = `${project} ${rollout.key} ${run.scope}`
    const at = now()
    const minute = Math.floor(at / MINUTE_MS)
    const known = kept.get(name)
    if (known !== undefined) {
      const isSame = known.run === run && known.rollout === rollout && known.minute === minute
      if (isSame && known.metrics === state.metrics && changed.isUnchanged(units, known.reading))
        return known.judged
    }
    const counts = await reader.read(state, units)
    const attempt = counts.allocations.at(-1)?.attempt ?? 0
    const { oneIn } = samples.of({ ...units, attempt })
    const judged = judgeRun({ state, rollout, run, counts, gaps, oneIn, now: at })
    kept.set(name, { judged, run, rollout, metrics: state.metrics, minute, reading })
    return judged
  }

  return async (project: LiveProject, rollout: ProgressiveRollout): Promise<RolloutHealth> => {
    const at = now()
    await tidy(Math.floor(at / MINUTE_MS))
    const reading = await changed.refresh()
    const judged = new Map<string, JudgedScope>()
    for (const run of runsOf(project.state, rollout.key))
      if (isJudged(run, at)) judged.set(run.scope, await judge(project, rollout, run, reading))
    return {
      ofRun: (scope) => judged.get(scope) ?? NO_HEALTH,
      systemic: systemicReason(rollout, judged),
    }
  }
}

/** A systemic regression reaches back to runs that were finished within a day. */
function isJudged(run: RolloutRun, at: number): boolean {
  if (run.written === undefined) return false
  return isInProgress(run) || (run.state === 'done' && at - Date.parse(run.since) < DAY_MS)
}

/** The last judgement of each rollout over all of its runs. */
const together = new WeakMap<
  ProgressiveRollout,
  { readonly runs: readonly JudgedScope[]; readonly reason: Reason | undefined }
>()

/** Judges all runs of a rollout together, and again only once one of them has a new verdict. */
function systemicReason(
  rollout: ProgressiveRollout,
  judged: ReadonlyMap<string, JudgedScope>,
): Reason | undefined {
  const runs = [...judged.values()]
  const known = together.get(rollout)
  const isKnown =
    known?.runs.length === runs.length && runs.every((one, i) => one === known.runs[i])
  if (isKnown) return known.reason
  const reason = judgeSystemic(rollout, judged)
  together.set(rollout, { runs, reason })
  return reason
}

/** Judges each metric over all scopes: two broken instances point to a common cause. */
function judgeSystemic(
  rollout: ProgressiveRollout,
  judged: ReadonlyMap<string, JudgedScope>,
): Reason | undefined {
  const [first] = judged.values()
  if (first === undefined || judged.size < 2) return undefined
  const weights = metricWeights(first.metrics)
  for (const metric of first.metrics) {
    const weight = weights.get(metric.key)
    if (weight === undefined) continue
    const evidence = [...judged].flatMap(([scope, { judged: verdict }]) => {
      const found = verdict.metrics.find((one) => one.metric === metric.key)
      return found ? [{ scope, process: found.process }] : []
    })
    const alpha = weight * systemicAlpha(budgetOf(rollout))
    const { isRegressed, scopes } = judgeTogether(metric, evidence, { alpha })
    if (isRegressed) {
      // The reason stands in each run, and the key of an instance must learn of no other one.
      const text = `"${metric.key}" of ${rollout.flag} regressed in ${scopes.length} scopes together, so that the cause is not one customer.`
      return { code: 'systemic', text }
    }
  }
  return undefined
}
