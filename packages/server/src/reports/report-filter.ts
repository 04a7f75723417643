import { editedLayers, instanceOf, type ProjectState, parseRunKey } from '@flaghoist/core/model'
import type { LoggedEdit } from '@flaghoist/core/schema'
import { isVisible } from '../projects/visibility.ts'

/** The part of a project that a report is about. */
export interface ReportFilter {
  readonly instance?: string | undefined
  readonly rollout?: string | undefined
  /** Scopes whose entries are kept, with those of the scopes within and around them. */
  readonly scopes?: readonly string[] | undefined
}

/** Checks that a scope belongs to a report: its own, or a more general one. */
export function concernsScope(scope: string, { instance, scopes }: ReportFilter): boolean {
  if (instance !== undefined && (instanceOf(scope) ?? instance) !== instance) return false
  return scopes === undefined || scopes.some((own) => isVisible(scope, own))
}

/** Checks that a flag belongs to a report: in one about a rollout, only the flag of it does. */
export function concernsFlag(
  { rollouts }: ProjectState,
  flag: string,
  { rollout }: ReportFilter,
): boolean {
  return rollout === undefined || rollouts.get(rollout)?.flag === flag
}

/** Checks that an edit belongs to a report. */
export function concernsEdit(state: ProjectState, edit: LoggedEdit, filter: ReportFilter): boolean {
  const scopes = scopesOf(edit)
  if (scopes && !scopes.some((scope) => concernsScope(scope, filter))) return false
  const { instance, rollout } = filter
  if (instance !== undefined && edit.kind === 'instance' && edit.key !== instance) return false
  if (rollout === undefined || rolloutOf(edit) === rollout) return true
  const flags = editedLayers(edit)?.flags ?? (edit.kind === 'flag' ? [edit.key] : [])
  return flags.some((flag) => concernsFlag(state, flag, filter))
}

/** The rollout of an edit; undefined for an edit of something else. */
export function rolloutOf({ kind, key }: LoggedEdit): string | undefined {
  if (kind === 'run') return parseRunKey(key).rollout
  return kind === 'rollout' ? key : undefined
}

function scopesOf(edit: LoggedEdit): readonly string[] | undefined {
  if (edit.kind === 'run') return [parseRunKey(edit.key).scope]
  if (edit.kind !== 'apiKey') return editedLayers(edit)?.scopes
  const scope = (edit.after ?? edit.before)?.scope
  return scope === undefined ? undefined : [scope]
}
