import { editedLayers, entityName, type ProjectState, parseRunKey } from '@flaghoist/core/model'
import type { Change, LoggedEdit } from '@flaghoist/core/schema'
import type { z } from 'zod'
import { visibleChange } from '../projects/visibility.ts'
import { eventFrame } from './frames.ts'
import type { ActivityChange, ActivityVerdict } from './schemas.ts'

/** Entries of a list that an event has at most. */
const MAX_LISTED = 200

/**
 * Returns the events of a change, as a key of a scope may see it: the change, and the runs that it
 * decided. Empty if the key may see nothing of it.
 */
export function changeFrames(
  state: ProjectState,
  change: Change,
  bound: string | undefined,
): readonly Buffer[] {
  const seen = visibleChange(state, change, bound)
  if (seen === undefined) return []
  const { seq: version, at, action, actor, reason } = seen
  // Only the members that both forms of an edit have are read.
  const edits = seen.edits as readonly LoggedEdit[]
  const layers = edits.map(editedLayers)
  const flags = edits.flatMap((edit, i) => ownFlag(state, edit) ?? layers[i]?.flags ?? [])
  const scopes = layers.flatMap((layer) => layer?.scopes ?? [])
  const lists = {
    flags: [...new Set(flags)],
    scopes: [...new Set(scopes)],
    entities: edits.map(entityName),
  }
  const isCut = Object.values(lists).some(({ length }) => length > MAX_LISTED)
  const data: z.infer<typeof ActivityChange> = {
    version,
    at,
    action,
    actor,
    ...(reason !== undefined && { reason }),
    flags: lists.flags.slice(0, MAX_LISTED),
    scopes: lists.scopes.slice(0, MAX_LISTED),
    entities: lists.entities.slice(0, MAX_LISTED),
    ...(isCut && { isCut }),
  }
  const verdicts = edits.flatMap((edit) => verdictOf(state, version, edit) ?? [])
  return [
    ...verdicts.map((verdict) => eventFrame('verdict', verdict)),
    // Last, because its id says that the client has all events of the change.
    eventFrame('change', data, version),
  ]
}

/** Returns the flag that an edit changes itself, or whose rollout it changes. */
function ownFlag({ rollouts }: ProjectState, edit: LoggedEdit): string | undefined {
  if (edit.kind === 'flag') return edit.key
  if (edit.kind === 'rollout') return (edit.after ?? edit.before)?.flag
  if (edit.kind === 'run') return rollouts.get(parseRunKey(edit.key).rollout)?.flag
  return undefined
}

function verdictOf(
  { rollouts }: ProjectState,
  version: number,
  edit: LoggedEdit,
): z.infer<typeof ActivityVerdict> | undefined {
  if (edit.kind !== 'run' || edit.after === null) return undefined
  const { rollout, scope } = parseRunKey(edit.key)
  const { state, reason } = edit.after
  const flag = rollouts.get(rollout)?.flag
  return { version, rollout, flag, scope, state, text: reason?.text }
}
