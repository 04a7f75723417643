import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { usersByScope } from '../flags/risk/users-by-scope.ts'
import { getOrSet } from '../get-or-set.ts'
import type { LiveProject } from '../projects/projects.ts'
import type { EventStore } from '../stores/event-store.ts'
import { viewOf } from './advance-rollout.ts'
import { forecastOf } from './forecast/forecast.ts'
import type { RolloutEngine } from './rollout-engine.ts'
import { shownRollout } from './rollout-view.ts'
import type { ShownRun } from './run-schemas.ts'
import type { ListedRollout } from './schemas.ts'

interface ListQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly flag?: string | undefined
  readonly inProgress?: boolean | undefined
}

/** Returns one page of rollouts, newest first. */
export function newestFirst(
  rollouts: readonly ProgressiveRollout[],
  { limit, cursor, flag, inProgress }: ListQuery,
): { readonly items: readonly ProgressiveRollout[]; readonly next?: string } {
  const found = rollouts
    .filter((rollout) => flag === undefined || rollout.flag === flag)
    .filter(({ endedAt }) => inProgress === undefined || inProgress === (endedAt === undefined))
    .filter((rollout) => cursor === undefined || placeOf(rollout) < cursor)
    .sort((one, other) => (placeOf(one) < placeOf(other) ? 1 : -1))
  const items = found.slice(0, limit)
  return found.length > limit ? { items, next: placeOf(items.at(-1)!) } : { items }
}

const placeOf = ({ startedAt, key }: ProgressiveRollout): string => `${startedAt} ${key}`

interface ListParts {
  readonly rollouts: Pick<RolloutEngine, 'inputOf'>
  readonly events: EventStore
}

/** Sums up rollouts, each as one row of a list. */
export async function listRollouts(
  { rollouts, events }: ListParts,
  project: LiveProject,
  items: readonly ProgressiveRollout[],
): Promise<ListedRollout[]> {
  const { key, state } = project
  const users = new Map<string, ReturnType<typeof usersByScope>>()
  return Promise.all(
    items.map(async (rollout) => {
      const { environment } = rollout
      const input = await rollouts.inputOf(project, rollout)
      const { runs, ...shown } = shownRollout(state, rollout, input, undefined)
      if (rollout.status !== 'running') return shown
      const counted = await getOrSet(users, environment, () =>
        usersByScope(events, key, environment, input.now),
      )
      const forecast = forecastOf({ ...viewOf(state, rollout, input), state, users: counted })
      const timed = timedScopes(runs, counted)
      const [nextAt] = forecast.scopes
        .filter(({ scope }) => timed.has(scope))
        .flatMap(({ steps }) => steps[0]?.at ?? [])
        .sort()
      return { ...shown, ...(nextAt !== undefined && { nextAt }) }
    }),
  )
}

/**
 * Returns the scopes whose next step has a known time. No forecast knows when a person acts, or
 * when users come whose rate is unknown; scopes that wait for such a scope have no time either.
 * @param users users of a day, by scope
 */
function timedScopes(
  runs: readonly ShownRun[],
  users: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const isUntimed = ({ scope, attention, usersNeeded }: ShownRun) =>
    attention === 'needs-person' || (usersNeeded !== undefined && !users.has(scope))
  const timed = runs.filter((run) => !isUntimed(run))
  const areAllTimed = timed.length === runs.length
  return new Set(
    timed.filter(({ state }) => areAllTimed || state === 'exposing').map(({ scope }) => scope),
  )
}
