import {
  type EditedLayers,
  editedLayers,
  type ProjectState,
  parseRunKey,
  scopeChain,
} from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { memoise } from '../memoise.ts'
import type { LiveProject } from '../projects/projects.ts'
import { isVisible } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { DAY_MS } from '../time.ts'
import { changesSince } from './history.ts'

/** A rollback or a kill of flags in scopes: of every flag in every scope. */
export interface WideIncident extends Omit<Incident, 'flag' | 'scope'>, EditedLayers {}

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

/** The incidents of one log up to a version, latest first. */
interface KnownIncidents {
  readonly version: number
  readonly incidents: readonly WideIncident[]
}

/** The known incidents of each log, by its epoch: each preview asks for them. */
const knownOf = memoise((_: ChangeLog) => new Map<string, KnownIncidents>())

/** Returns the incidents of a project within the last days, latest first. */
export async function recentIncidents(
  log: ChangeLog,
  project: Pick<LiveProject, 'key' | 'epoch' | 'state'>,
  now: number,
  days = INCIDENT_DAYS,
): Promise<readonly WideIncident[]> {
  const { epoch, state } = project
  const known = knownOf(log).get(epoch) ?? { version: 0, incidents: [] }
  const since = now - INCIDENT_DAYS * DAY_MS
  const found: WideIncident[] = []
  if (state.version > known.version)
    for await (const change of changesSince(log, project, since)) {
      if (change.seq <= known.version) break
      found.push(...incidentsOf(state, change))
    }
  const incidents = within([...found, ...known.incidents], since)
  knownOf(log).set(epoch, { version: Math.max(known.version, state.version), incidents })
  return within(incidents, now - days * DAY_MS)
}

function within(incidents: readonly WideIncident[], since: number): readonly WideIncident[] {
  return incidents.filter(({ at }) => Date.parse(at) >= since)
}

/** The flag and the scopes that incidents are looked for, and the scope of the reader's key. */
export interface IncidentQuery {
  readonly flag: string
  readonly scopes: readonly string[]
  readonly bound?: string | undefined
}

/**
 * Returns the incidents of a flag anywhere, and of other flags in some scopes or around them. A
 * kill by tag counts once for the flag and once for all others.
 */
export function relevantIncidents(
  all: readonly WideIncident[],
  { flag, scopes, bound }: IncidentQuery,
): readonly Incident[] {
  const around = new Set(scopes.flatMap(scopeChain))
  return all
    .flatMap(({ flags, scopes: own, ...incident }) => {
      const seen = own.filter((one) => isVisible(one, bound))
      const near = seen.find((one) => around.has(one))
      const scope = near ?? seen[0]
      if (scope === undefined) return []
      const other = near && flags.find((one) => one !== flag)
      const named = [...(keysOf(flags).has(flag) ? [flag] : []), ...(other ? [other] : [])]
      return named.map((one): Incident => ({ ...incident, flag: one, scope }))
    })
    .slice(0, MAX_INCIDENTS)
}

/** The flags of a kill by tag: a preview of its revert looks for each of them. */
const keysOf = memoise((flags: readonly string[]): ReadonlySet<string> => new Set(flags))

/** Returns the rollbacks and the kills that a change made. */
export function incidentsOf(
  { rollouts }: Pick<ProjectState, 'rollouts'>,
  change: Change,
): readonly WideIncident[] {
  const { at, seq: version, edits } = change
  return edits.flatMap((edit): WideIncident[] => {
    if (edit.kind === 'run' && isRollback(edit)) {
      const { rollout, scope } = parseRunKey(edit.key)
      const flag = rollouts.get(rollout)?.flag
      if (flag === undefined) return []
      const text = edit.after?.reason?.text ?? change.reason ?? 'It was rolled back.'
      return [{ kind: 'rollback', at, version, flags: [flag], scopes: [scope], text }]
    }
    const layers = editedLayers(edit)
    if (layers === undefined || (edit.kind !== 'layer' && edit.kind !== 'kill')) return []
    if (edit.before?.killed || !edit.after?.killed) return []
    const text = edit.after.killed.reason || 'It was killed without a reason.'
    const { flags, scopes } = layers
    return [{ kind: 'kill', at, version, flags, scopes, text }]
  })
}

type RunEdit = Extract<Change['edits'][number], { kind: 'run' }>

function isRollback({ before, after }: RunEdit): boolean {
  return after?.state === 'rolled-back' && before?.state !== 'rolled-back'
}
