/** Returns an instant as ISO 8601 in UTC, without fractions of a second. */
export function instantText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/** Returns an end as part of a sentence. */
export function untilText(until: number): string {
  return Number.isFinite(until) ? `until ${instantText(until)}` : 'without an end'
}
