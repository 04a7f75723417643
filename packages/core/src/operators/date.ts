const FORM =
  /^\d{4}-\d\d-\d\d(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/

/**
 * The epoch milliseconds of a date: a finite number unchanged, or text in the strict ISO 8601
 * subset of `docs/spec.md` §4. Returns undefined for any other value.
 */
export function toEpochMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return toFinite(value)
  const day = value.slice(0, 10)
  // `Date` turns a day that the calendar lacks into another day, or into an invalid date.
  if (!FORM.test(value) || !new Date(day).toJSON()?.startsWith(day)) return undefined
  return Date.parse(value.replace(/(\.\d{3})\d+/, '$1'))
}

/** The value, if it is a finite number. */
export function toFinite(value: unknown): number | undefined {
  return Number.isFinite(value) ? (value as number) : undefined
}
