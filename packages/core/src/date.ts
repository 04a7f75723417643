const FORM =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2})))?$/

const MINUTE_MS = 60_000

/**
 * Epoch ms of a date: a finite number is that already, text is read by the strict ISO 8601 subset of
 * `docs/spec.md` §4. NaN for everything else, so that every comparison with it is false.
 */
export function toEpochMs(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN
  if (typeof value !== 'string') return Number.NaN
  const match = FORM.exec(value)
  if (match === null) return Number.NaN

  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as Six
  if (hour > 23 || minute > 59 || second > 59 || !exists(year, month, day)) return Number.NaN

  const ms = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  const offset = offsetMs(match[8], Number(match[9] ?? 0), Number(match[10] ?? 0))
  return utc(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000 + ms - offset
}

type Six = [number, number, number, number, number, number]

function offsetMs(sign: string | undefined, hours: number, minutes: number): number {
  if (hours > 23 || minutes > 59) return Number.NaN
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS
}

function exists(year: number, month: number, day: number): boolean {
  const date = new Date(utc(year, month, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** `Date.UTC` takes years below 100 for 19xx; setting the year does not. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}
