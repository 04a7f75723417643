import { isWithin, type ProjectState, parseLayerKey, parseRunKey } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import type { LiveProject } from '../projects/projects.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { DAY_MS } from '../time.ts'
import { changesSince } from './history.ts'

/** A rollback or a kill of a flag in one scope. */
export interface Incident {
  readonly kind: 'rollback' | 'kill'
  /** Instant, ISO 8601. */
  readonly at: string
  /** Number of the change. */
  readonly version: number
  readonly flag: string
  readonly scope: string
  readonly text: string
}

/** Days of the log in which incidents are looked for. */
export const INCIDENT_DAYS = 180
/** The most incidents that a response lists. */
const MAX_INCIDENTS = 20

/** Returns the incidents of a project within the last days, latest first. */
export async function recentIncidents(
  log: ChangeLog,
  project: Pick<LiveProject, 'key' | 'state'>,
  now: number,
  days = INCIDENT_DAYS,
): Promise<readonly Incident[]> {
  const since = now - days * DAY_MS
  const found: Incident[] = []
  for await (const change of changesSince(log, project, since))
    found.push(...incidentsOf(project.state, change))
  return found
}

/** Returns the incidents of a flag anywhere, and of any flag in some scopes or around them. */
export function relevantIncidents(
  all: readonly Incident[],
  flag: string,
  scopes: readonly string[],
): readonly Incident[] {
  return all
    .filter((one) => one.flag === flag || scopes.some((scope) => isWithin(scope, one.scope)))
    .slice(0, MAX_INCIDENTS)
}

/** Returns the rollbacks and the kills that a change made. */
export function incidentsOf(
  { rollouts }: Pick<ProjectState, 'rollouts'>,
  change: Change,
): readonly Incident[] {
  const { at, seq: version, edits } = change
  return edits.flatMap((edit): Incident[] => {
    if (edit.kind === 'run' && isRollback(edit)) {
      const { rollout, scope } = parseRunKey(edit.key)
      const flag = rollouts.get(rollout)?.flag
      if (flag === undefined) return []
      const text = edit.after?.reason?.text ?? change.reason ?? 'It was rolled back.'
      return [{ kind: 'rollback', at, version, flag, scope, text }]
    }
    if (edit.kind !== 'layer' || edit.before?.killed || !edit.after?.killed) return []
    const text = edit.after.killed.reason || 'It was killed without a reason.'
    return [{ kind: 'kill', at, version, ...parseLayerKey(edit.key), text }]
  })
}

type RunEdit = Extract<Change['edits'][number], { kind: 'run' }>

function isRollback({ before, after }: RunEdit): boolean {
  return after?.state === 'rolled-back' && before?.state !== 'rolled-back'
}
