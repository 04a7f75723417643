/** How much one key may report. */
export interface CapLimits {
  /** Exposures and outcomes of one flag in a minute. */
  readonly eventsPerMinute: number
  /**
   * Different things that it may report of one flag in one scope in a minute: a variant under a
   * revision, a metric of it. Undefined is any number.
   */
  readonly cellsPerMinute: number | undefined
}

/** A key that reported more than it may. */
export interface CappedKey {
  readonly keyId: string
  readonly flag: string
  /** Exposures and outcomes that were dropped since this process began. */
  readonly dropped: number
  /** When that last happened, epoch ms. */
  readonly at: number
}

/**
 * Limits what keys report, so that a flood or a forger can neither fill the store nor drown the
 * others.
 */
export interface Caps {
  /** What a key may still report, for one batch. */
  allowance(keyId: string, limits: CapLimits): Allowance
  /** Keys that were capped in the last 24 hours, the latest first. */
  capped(isShown: (keyId: string) => boolean): readonly CappedKey[]
}

/** What one batch takes of what a key may report. */
export interface Allowance {
  /** Takes part of it, if there is so much left. */
  admits(report: CapReport): boolean
  /** The batch counts: takes note of what was too much. */
  keep(): void
  /** The batch had come before: gives back what it took. */
  giveBack(): void
}

export interface CapReport {
  readonly flag: string
  readonly scope: string
  /** Asked for only where cells are limited. */
  readonly cell: () => string
  readonly events: number
}

const MINUTE_MS = 60_000
const REMEMBER_MS = 24 * 60 * MINUTE_MS
/** Flags of a key that are remembered as capped: more say nothing new. */
const MOST_CAPPED = 1_000

/** @param onCapped is told of a key once a minute, with the flag that it was capped for first */
export function createCaps(now: () => number, onCapped: (capped: CappedKey) => void): Caps {
  let minute = 0
  let events = new Map<string, Map<string, number>>()
  let cells = new Map<string, Set<string>>()
  const notes = createNotes(now, onCapped)

  const turnMinute = () => {
    const at = now()
    const current = at - (at % MINUTE_MS)
    if (current === minute) return
    minute = current
    events = new Map()
    cells = new Map()
  }
  /** Whether there is no room for a cell; from now on it has room if there is any. */
  const isFull = (keyId: string, most: number, { flag, scope, cell }: CapReport): boolean => {
    const seen = getOrMake(cells, `${keyId} ${flag} ${scope}`, () => new Set<string>())
    const name = cell()
    if (seen.size >= most && !seen.has(name)) return true
    seen.add(name)
    return false
  }

  return {
    allowance(keyId, { eventsPerMinute, cellsPerMinute }) {
      turnMinute()
      const used = getOrMake(events, keyId, () => new Map<string, number>())
      const usedOf = (flag: string) => used.get(flag) ?? 0
      const taken: CapReport[] = []
      const refused: CapReport[] = []
      return {
        admits(report) {
          const next = usedOf(report.flag) + report.events
          const isTooMuch =
            next > eventsPerMinute || (cellsPerMinute && isFull(keyId, cellsPerMinute, report))
          if (isTooMuch) refused.push(report)
          else {
            taken.push(report)
            used.set(report.flag, next)
          }
          return !isTooMuch
        },
        keep() {
          for (const report of refused) notes.add(keyId, report)
        },
        giveBack() {
          for (const report of taken) used.set(report.flag, usedOf(report.flag) - report.events)
        },
      }
    },
    capped: notes.list,
  }
}

/** Which keys were capped. */
function createNotes(now: () => number, onCapped: (capped: CappedKey) => void) {
  const capped = new Map<string, CappedKey>()
  /** Minute of the last warning, by key. */
  const told = new Map<string, number>()

  return {
    add(keyId: string, { flag, events: more }: CapReport): void {
      const at = now()
      const name = `${keyId} ${flag}`
      const known = capped.get(name)
      const next = { keyId, flag, dropped: (known?.dropped ?? 0) + more, at }
      if (known === undefined && capped.size >= MOST_CAPPED) return
      capped.set(name, next)
      const minute = at - (at % MINUTE_MS)
      if (told.get(keyId) === minute) return
      told.set(keyId, minute)
      onCapped(next)
    },
    list(isShown: (keyId: string) => boolean): readonly CappedKey[] {
      for (const [name, { at }] of capped) if (at < now() - REMEMBER_MS) capped.delete(name)
      return [...capped.values()].filter(({ keyId }) => isShown(keyId)).sort((a, b) => b.at - a.at)
    },
  }
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
