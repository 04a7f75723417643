import { randomUUID } from 'node:crypto'
import type { AttemptKey, ChangedAttempts } from './event-store.ts'

/** The attempts that have changed, by the order of their latest change. */
export interface ChangeFeed {
  record(attempts: Iterable<AttemptKey>): void
  since(cursor: string | undefined): ChangedAttempts
}

/** Attempts that are remembered: some megabytes. A cursor before the oldest one knows nothing. */
const MAX_ATTEMPTS = 50_000

/**
 * Creates a feed without changes.
 *
 * Per process: it knows the changes that this process has stored. A cursor of another process, or
 * from before a restart, is unknown.
 */
export function createChangeFeed(maxAttempts = MAX_ATTEMPTS): ChangeFeed {
  const id = randomUUID()
  /** In the order of the latest change. */
  const latest = new Map<string, { readonly attempt: AttemptKey; readonly number: number }>()
  let number = 0
  let forgotten = 0

  const forgetOldest = () => {
    const [oldest] = latest
    latest.delete(oldest![0])
    forgotten = oldest![1].number
  }
  return {
    record(attempts) {
      number += 1
      for (const attempt of attempts) {
        const name = `${attempt.project} ${attempt.flag} ${attempt.scope} ${attempt.attempt}`
        latest.delete(name)
        latest.set(name, { attempt, number })
        if (latest.size > maxAttempts) forgetOldest()
      }
    },
    since(cursor) {
      const known = numberOf(cursor, id)
      const isKnown = known !== undefined && known >= forgotten
      const changed = () => [...latest.values()].filter((one) => one.number > known!)
      return {
        cursor: `${id}.${number}`,
        attempts: isKnown ? changed().map(({ attempt }) => attempt) : undefined,
      }
    },
  }
}

/** Returns the number in a cursor; undefined for a cursor of another feed. */
function numberOf(cursor: string | undefined, id: string): number | undefined {
  return cursor?.startsWith(`${id}.`) ? Number(cursor.slice(id.length + 1)) : undefined
}
