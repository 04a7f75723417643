import { type ProjectState, runKey } from '@flaghoist/core/model'
import type { Notice } from '../notices/notice.ts'

/** Checks a notice that was postponed: one of its runs must have been held all the time. */
export function isStillTrue({ runs }: ProjectState, notice: Notice): boolean {
  const { rollout, scopes, at, holdsForMs } = notice
  if (holdsForMs === undefined || rollout === undefined) return true
  return scopes.some((scope) => {
    const run = runs.get(runKey(rollout, scope))
    return run?.state === 'held' && Date.parse(run.since) <= Date.parse(at)
  })
}
