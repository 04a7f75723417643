import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { flagNotices } from './flag-notices.ts'
import type { Notice, NoticeParts } from './notice.ts'
import { rolloutNotices } from './rollout-notices.ts'
import { runNotices } from './run-notices.ts'

/** The rollouts of a project after a change. */
export type RolloutsView = Pick<ProjectState, 'rollouts' | 'runs'>

/**
 * Returns the notices of a change. Pure, so that a second derivation yields the same notices in the
 * same order.
 */
export function noticesOf(project: string, change: Change, view: RolloutsView): readonly Notice[] {
  const { seq, at } = change
  return [...flagNotices(change), ...noticesOfRollout(change, view)].map((parts) => ({
    ...parts,
    project,
    change: seq,
    at,
  }))
}

/** A change edits one rollout at most. */
function noticesOfRollout(change: Change, view: RolloutsView): readonly NoticeParts[] {
  const edits = change.edits
  const rolloutEdit = edits.find((edit) => edit.kind === 'rollout')
  const edited = edits.flatMap((edit) =>
    edit.kind === 'run' && edit.after !== null ? [{ before: edit.before, after: edit.after }] : [],
  )
  const key = rolloutEdit?.key ?? edited[0]?.after.rollout
  const rollout = key === undefined ? undefined : view.rollouts.get(key)
  if (rollout === undefined) return []
  const runs = [...(view.runs.get(rollout.key)?.values() ?? [])]
  const whole = rolloutEdit
    ? rolloutNotices({ change, before: rolloutEdit.before, after: rollout, runs })
    : []
  // The notice of an end says how its runs ended.
  return whole.some(({ event }) => event === 'rollout-ended')
    ? whole
    : [...whole, ...runNotices({ change, rollout, edited, runs })]
}
