import type { Change } from '../../flag/flag-requests.ts'

/** Changes of the log without a gap, newest first. */
export interface LogPages {
  /** Filter of the changes. */
  readonly filter: string
  readonly items: readonly Change[]
  /** `cursor` of the page below; absent at the end. */
  readonly next: string | undefined
}

/**
 * Puts a page on top of those that are held: they stay if the page reaches them, so that a new
 * change moves no older one off the screen.
 */
export function onTop(page: LogPages, held: LogPages | undefined): LogPages {
  const last = page.items.at(-1)?.seq
  if (last === undefined || held === undefined || held.filter !== page.filter) return page
  if (!held.items.some(({ seq }) => seq === last)) return page
  return {
    ...page,
    items: [...page.items, ...held.items.filter(({ seq }) => seq < last)],
    next: held.next,
  }
}

/** Adds the page below those that are held; undefined stands for a page that came too late. */
export function below(held: LogPages | undefined, page: LogPages & { readonly cursor: string }) {
  if (held?.filter !== page.filter || held.next !== page.cursor) return undefined
  return { filter: page.filter, items: [...held.items, ...page.items], next: page.next }
}

/** The hashes of changes: each change names the hash of the one before it. */
export type Chain =
  | { readonly first: number; readonly last: number; readonly head: string }
  | { readonly brokenAt: number }

/**
 * Checks that changes follow each other by their hashes; undefined if some are missing in between,
 * or if the key sees no hashes.
 */
export function chainOf(changes: readonly Change[]): Chain | undefined {
  const [newest] = changes
  const oldest = changes.at(-1)
  if (newest?.hash === undefined || oldest === undefined) return undefined
  if (newest.seq - oldest.seq !== changes.length - 1) return undefined
  const broken = changes.find((one, i) => {
    const before = changes[i + 1]
    return before !== undefined && one.previousHash !== before.hash
  })
  if (broken !== undefined) return { brokenAt: broken.seq }
  return { first: oldest.seq, last: newest.seq, head: newest.hash }
}
