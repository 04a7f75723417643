import { runAtOnce } from '../run-at-once.ts'
import type { Edit, ListChange, LoggedEdit, Segment } from '../schema/index.ts'
import { setInSteps } from '../set-in-steps.ts'
import { changedList, listChangeInSteps, revertedList } from './list-change.ts'

/** An edit of a segment as the log stores it. */
export type LoggedSegmentEdit = Extract<LoggedEdit, { kind: 'segment' }>

/**
 * Returns an edit as the log stores it: an edit of an existing segment names what its lists gained
 * and lost, so that the log does not repeat them. A list that repeats a key is stored whole: a
 * revert could not tell which of them a later change concerns.
 */
export function loggedEdit(edit: Edit): LoggedEdit {
  return runAtOnce(loggedEditInSteps(edit))
}

/** Returns an edit as the log stores it, in small steps: its lists may be large. */
export function* loggedEditInSteps(edit: Edit): Generator<undefined, LoggedEdit> {
  if (edit.kind !== 'segment') return edit
  const { before, after } = edit
  if (before === null || after === null) return edit
  if ((yield* repeatsKeys(before)) || (yield* repeatsKeys(after))) return edit
  const include = yield* listChangeInSteps(before.include, after.include)
  const exclude = yield* listChangeInSteps(before.exclude, after.exclude)
  const lists = { ...(include && { include }), ...(exclude && { exclude }) }
  return { ...edit, before: withoutLists(before), after: withoutLists(after), lists }
}

/** Returns a segment after an edit of the log; `null` if the edit deletes it. */
export function segmentAfter(before: Segment | undefined, edit: LoggedSegmentEdit): Segment | null {
  const { after, lists } = edit
  if (after === null || lists === undefined) return after as Segment | null
  const changed = (list: string[] = [], change: ListChange | undefined) =>
    change === undefined ? list : changedList(list, change)
  return withLists(after, {
    include: changed(before?.include, lists.include),
    exclude: changed(before?.exclude, lists.exclude),
  })
}

/**
 * Returns a segment without an edit of its lists; undefined if a later change of the segment
 * contradicts it.
 */
export function segmentWithout(
  current: Segment,
  { before, lists = {} }: LoggedSegmentEdit,
): Segment | undefined {
  const reverted = (list: string[], change: ListChange | undefined) =>
    change === undefined ? list : revertedList(list, change)
  const include = reverted(current.include, lists.include)
  const exclude = reverted(current.exclude, lists.exclude)
  if (before === null || include === undefined || exclude === undefined) return undefined
  return withLists(before, { include, exclude })
}

function* repeatsKeys({ include, exclude }: Segment): Generator<undefined, boolean> {
  for (const list of [include, exclude])
    if ((yield* setInSteps(list)).size < list.length) return true
  return false
}

/** Returns a segment without its lists, as edits of lists have it. */
export function withoutLists(segment: Partial<Segment> & Pick<Segment, 'key' | 'when'>) {
  const { include: _, exclude: __, ...rest } = segment
  return rest
}

/** Returns a segment with its members in canonical order, as a whole edit has them. */
function withLists(
  rest: Omit<Segment, 'include' | 'exclude'>,
  { include, exclude }: Pick<Segment, 'include' | 'exclude'>,
): Segment {
  return { exclude, include, ...withoutLists(rest) }
}
