import type { LastExposure, LastExposureQuery } from './event-store.ts'

/** Keeps the last exposure of each scope: latest first, then by scope. */
export function lastByScope(
  exposures: Iterable<LastExposure>,
  { from }: LastExposureQuery,
): readonly LastExposure[] {
  const last = new Map<string, number>()
  for (const { scope, minute } of exposures)
    if (minute >= from) last.set(scope, Math.max(minute, last.get(scope) ?? minute))
  return [...last]
    .map(([scope, minute]) => ({ scope, minute }))
    .sort((a, b) => b.minute - a.minute || (a.scope < b.scope ? -1 : 1))
}
