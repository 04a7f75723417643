import type { ProjectState } from '@flaghoist/core/model'
import { DAY_MS } from '../../time.ts'
import type { Notice } from '../notices/notice.ts'

/** A daily report that could not be sent for so long is skipped: the next one is due. */
const MAX_REPORT_AGE_MS = DAY_MS

/**
 * Checks a notice that is sent late. One that was postponed needs a run that has been held all the
 * time.
 */
export function isStillTrue({ runs }: ProjectState, notice: Notice, now: number): boolean {
  const { event, rollout, scopes, at, holdsForMs } = notice
  if (event === 'daily-report') return now - Date.parse(at) < MAX_REPORT_AGE_MS
  if (holdsForMs === undefined || rollout === undefined) return true
  return scopes.some((scope) => {
    const run = runs.get(rollout)?.get(scope)
    return run?.state === 'held' && Date.parse(run.since) <= Date.parse(at)
  })
}
