import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { judgeTogether, metricWeights, systemicAlpha } from '@flaghoist/health'
import { readCounts } from '../../health/read-counts.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { EventStore } from '../../stores/event-store.ts'
import { DAY_MS } from '../../time.ts'
import { isInProgress } from '../decide-run.ts'
import { runsOf } from '../find-rollout.ts'
import { NO_HEALTH } from '../observe.ts'
import type { RolloutHealth } from '../rollout-engine.ts'
import type { Reason } from '../transition.ts'
import { budgetOf, type JudgedScope, judgeRun } from './judge-run.ts'

/** Creates the function that reads the counts of a rollout and judges its runs. */
export function createJudge(events: EventStore, now: () => number) {
  return async (project: LiveProject, rollout: ProgressiveRollout): Promise<RolloutHealth> => {
    const at = now()
    const judged = new Map<string, JudgedScope>()
    for (const run of runsOf(project.state, rollout.key)) {
      if (!isJudged(run, at)) continue
      const { key, state } = project
      const { flag } = rollout
      const units = { project: key, flag, scope: run.scope, arm: 'treatment' } as const
      const counts = await readCounts(events, state, units)
      judged.set(run.scope, judgeRun({ state, rollout, run, counts, now: at }))
    }
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

/** Judges each metric over all scopes: two broken instances point to a common cause. */
function systemicReason(
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
      const text = `"${metric.key}" of ${rollout.flag} regressed in ${scopes.join(', ')} together, so that the cause is not one customer.`
      return { code: 'systemic', text }
    }
  }
  return undefined
}
