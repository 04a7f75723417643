import type { EventStore } from '../stores/event-store.ts'

/** Names that are remembered: some megabytes. */
const MAX_NAMES = 50_000

/** The flags and scopes with new counts, by the reading that found them first. */
export interface ChangedAttempts {
  /** Asks the store for changes. Returns the number of this reading. */
  refresh(): Promise<number>
  /** Returns true if no count of a flag in a scope has changed since a reading. */
  isUnchanged(units: Counted, since: number): boolean
}

interface Counted {
  readonly project: string
  readonly flag: string
  readonly scope: string
}

export function createChangedAttempts(events: EventStore): ChangedAttempts {
  const changedAt = new Map<string, number>()
  let cursor: string | undefined
  let reading = 0
  /** The last reading at which the store did not know its changes. */
  let unknownAt = 0

  return {
    async refresh() {
      const { cursor: next, attempts } = await events.changedSince(cursor)
      cursor = next
      reading += 1
      if (attempts === undefined || changedAt.size > MAX_NAMES) {
        changedAt.clear()
        unknownAt = reading
      }
      for (const attempt of attempts ?? []) changedAt.set(nameOf(attempt), reading)
      return reading
    },
    isUnchanged: (units, since) => since >= Math.max(unknownAt, changedAt.get(nameOf(units)) ?? 0),
  }
}

function nameOf({ project, flag, scope }: Counted): string {
  return `${project} ${flag} ${scope}`
}
