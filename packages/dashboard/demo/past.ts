import { setTimeout as wait } from 'node:timers/promises'
import type { Ask } from '../src/sample/ask.ts'
import type { reportOf } from '../src/sample/users.ts'

const MINUTE_MS = 60_000
/** Minutes over which the users of a report come. */
const MINUTES = 60
/** Real time of such a minute: the server decides each second. */
const PAUSE_MS = 120

/** The wall clock of this process, set back. */
export interface Past {
  /** Sends reports with their users spread over an hour, which passes meanwhile. */
  spread(ask: Ask): Ask
  /** Sets the clock right. */
  end(): void
}

/** Sets the wall clock of this process back, so that a server in it lives through some hours. */
export function startPast(hours: number): Past {
  const real = Date.now
  let behind = hours * 60 * MINUTE_MS
  Date.now = () => real() - behind
  return {
    spread: (ask) => async (method, path, body) => {
      if (!path.startsWith('events')) return ask(method, path, body)
      const report = body as Report
      for (let part = 0; part < MINUTES; part += 1) {
        await ask(method, path, partOf(report, part))
        behind = Math.max(0, behind - MINUTE_MS)
        await wait(PAUSE_MS)
      }
      return { dropped: 0 }
    },
    end: () => {
      Date.now = real
    },
  }
}

interface Report {
  readonly sdk: object
  readonly batch: { readonly id: string } & ReturnType<typeof reportOf>
}

/** Returns the report of one of the minutes. */
function partOf({ sdk, batch }: Report, part: number): object {
  const now = Date.now()
  const minute = now - (now % MINUTE_MS)
  const isIn = (unit: string) => Number.parseInt(unit.slice(8), 16) % MINUTES === part
  const exposures = batch.exposures.map((item) => {
    const units = item.units.filter(isIn)
    return { ...item, minute, units, count: units.length }
  })
  const outcomes = batch.outcomes.map((item) => ({
    ...item,
    minute,
    units: item.units.filter(isIn),
    ...('buckets' in item && { buckets: item.buckets.filter((_, i) => isIn(item.units[i]!)) }),
  }))
  const isSome = ({ units }: { readonly units: readonly string[] }) => units.length > 0
  return {
    sdk,
    sentAt: now,
    batch: {
      id: `${batch.id} ${part}`,
      exposures: exposures.filter(isSome),
      outcomes: outcomes.filter(isSome),
    },
  }
}
