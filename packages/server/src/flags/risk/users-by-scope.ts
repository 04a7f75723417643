import type { EventStore } from '../../stores/event-store.ts'
import { DAY_MS } from '../../time.ts'

const DAYS = 7
/** Rows of a week: a day for each flag, scope, variant and reason. */
const MAX_ROWS = 100_000

/**
 * Returns the users of a day in each scope of an environment: the most that any flag has counted
 * within a day of the last week. Only splits and rollouts count users; a scope
 * without any is absent.
 *
 * @param now epoch ms
 */
export async function usersByScope(
  events: Pick<EventStore, 'exposures'>,
  project: string,
  environment: string,
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await events.exposures(project, {
    within: environment,
    from: now - DAYS * DAY_MS,
    to: now + DAY_MS,
    stepMs: DAY_MS,
    limit: MAX_ROWS,
  })
  const counted = new Map<string, { readonly scope: string; units: number }>()
  for (const { scope, flag, revision, start, units } of rows) {
    const name = `${scope} ${flag} ${revision} ${start}`
    counted.set(name, { scope, units: (counted.get(name)?.units ?? 0) + units })
  }
  const most = new Map<string, number>()
  for (const { scope, units } of counted.values())
    if (units > 0) most.set(scope, Math.max(units, most.get(scope) ?? 0))
  return most
}
