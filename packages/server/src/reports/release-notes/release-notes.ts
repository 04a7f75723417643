import { editedLayers, isWithin } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import type { PastFlags } from './past-flags.ts'
import type { ReleaseNotes } from './schemas.ts'
import { type Served, servedOf } from './served.ts'

type Item = ReleaseNotes['items'][number]

/** The flags at both ends of a period, and the changes within it, latest first. */
export interface Period {
  readonly scope: string
  readonly before: PastFlags
  readonly after: PastFlags
  readonly changes: readonly Change[]
}

/**
 * Returns the changes for an instance in a period. Both ends are compared, so that a feature that
 * was released and rolled back in between is left out. Flags without a description are only
 * counted.
 */
export function notesOf(period: Period): Pick<ReleaseNotes, 'items' | 'untitled'> {
  const items: Item[] = []
  let untitled = 0
  for (const [key, at] of lastEdits(period)) {
    const kind = kindOf(
      servedOf(period.before, key, period.scope),
      servedOf(period.after, key, period.scope),
    )
    if (kind === undefined) continue
    const title = period.after.flags.get(key)?.description.trim() ?? ''
    if (title === '') untitled += 1
    else items.push({ kind, title, at })
  }
  return { items, untitled }
}

/** The flags whose settings for the scope changed, with the instant of their last change. */
function lastEdits({ scope, changes }: Period): ReadonlyMap<string, string> {
  const last = new Map<string, string>()
  for (const { at, edits } of changes)
    for (const edit of edits) {
      const layers = editedLayers(edit)
      const isOwn = layers?.scopes.some((one) => isWithin(scope, one))
      const keys = isOwn ? layers!.flags : edit.kind === 'flag' ? [edit.key] : []
      for (const key of keys) if (!last.has(key)) last.set(key, at)
    }
  return last
}

function kindOf(before: Served, after: Served): Item['kind'] | undefined {
  if (after.to === 'nobody') return before.to === 'nobody' ? undefined : 'withdrawn'
  if (after.to === 'some') return before.to === 'nobody' ? 'started' : undefined
  if (before.to !== 'all') return 'released'
  return before.variant === after.variant ? undefined : 'changed'
}
