const FORM =
  /^\d{4}-\d\d-\d\d(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/

/**
 * Epoch ms of a date: a finite number is that already, text is read by the strict ISO 8601 subset of
 * `docs/spec.md` §4. Undefined for everything else.
 */
export function toEpochMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return toFinite(value)
  const day = value.slice(0, 10)
  // A day that the calendar does not have comes out as another one, or not at all.
  if (!FORM.test(value) || !new Date(day).toJSON()?.startsWith(day)) return undefined
  return Date.parse(value.replace(/(\.\d{3})\d+/, '$1'))
}

/** The value, if it is a finite number. */
export function toFinite(value: unknown): number | undefined {
  return Number.isFinite(value) ? (value as number) : undefined
}
