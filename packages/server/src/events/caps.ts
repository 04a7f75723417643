/** How much one key may report. */
export interface CapLimits {
  /** Exposures and outcomes of one flag in a minute. */
  readonly eventsPerMinute: number
  /**
   * Different things that it may report of in a minute: a variant of a flag, under a revision, in a scope; a metric of it.
   * Undefined is any number.
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

/** Limits what keys report, so that a flood or a forger can neither fill the store nor drown the others. */
export interface Caps {
  /** Takes from what the key may still report; what is too much is taken note of. */
  admits(keyId: string, limits: CapLimits, report: CapReport): boolean
  /** Keys that were capped in the last 24 hours, the latest first. */
  capped(keyIds: { has(keyId: string): boolean }): readonly CappedKey[]
}

export interface CapReport {
  readonly flag: string
  /** Asked for only where cells are limited. */
  readonly cell: () => string
  readonly events: number
}

const MINUTE_MS = 60_000
const REMEMBER_MS = 24 * 60 * MINUTE_MS
/** Flags of a key that are remembered as capped: more say nothing new. */
const MOST_CAPPED = 1_000

/** @param onCapped is told of a key and flag once a minute */
export function createCaps(now: () => number, onCapped: (capped: CappedKey) => void): Caps {
  let minute = 0
  let events = new Map<string, Map<string, number>>()
  let cells = new Map<string, Set<string>>()
  const capped = new Map<string, CappedKey>()

  const turnMinute = () => {
    const at = now()
    const current = at - (at % MINUTE_MS)
    if (current === minute) return
    minute = current
    events = new Map()
    cells = new Map()
  }
  /** Whether there is no room for a cell; from now on it has room if there is any. */
  const isFull = (keyId: string, most: number, { flag, cell }: CapReport): boolean => {
    const seen = getOrMake(cells, keyId, () => new Set<string>())
    const name = `${flag} ${cell()}`
    if (seen.size >= most && !seen.has(name)) return true
    seen.add(name)
    return false
  }
  const note = (keyId: string, { flag, events: more }: CapReport) => {
    const name = `${keyId} ${flag}`
    const known = capped.get(name)
    const next = { keyId, flag, dropped: (known?.dropped ?? 0) + more, at: now() }
    if (known === undefined && capped.size >= MOST_CAPPED) return
    capped.set(name, next)
    if (known === undefined || known.at < minute) onCapped(next)
  }

  return {
    admits(keyId, { eventsPerMinute, cellsPerMinute }, report) {
      turnMinute()
      const ofKey = getOrMake(events, keyId, () => new Map<string, number>())
      const used = (ofKey.get(report.flag) ?? 0) + report.events
      if (used > eventsPerMinute || (cellsPerMinute && isFull(keyId, cellsPerMinute, report))) {
        note(keyId, report)
        return false
      }
      ofKey.set(report.flag, used)
      return true
    },
    capped(keyIds) {
      for (const [name, { at }] of capped) if (at < now() - REMEMBER_MS) capped.delete(name)
      return [...capped.values()]
        .filter(({ keyId }) => keyIds.has(keyId))
        .sort((a, b) => b.at - a.at)
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
