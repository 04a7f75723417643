import {
  affectedScopesOf,
  buildScope,
  environmentOf,
  isWithin,
  type ProjectState,
} from '@flaghoist/core/model'
import { closedReason } from '../../calendar/work-time.ts'
import { recentIncidents, relevantIncidents } from '../../changes/incidents.ts'
import { getOrSet } from '../../get-or-set.ts'
import { createPause } from '../../pause.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { Services } from '../../services.ts'
import type { ChangeLog } from '../../stores/change-log.ts'
import { movedBuckets } from '../layers/plan.ts'
import { dependantsOf } from './dependants.ts'
import { type MovedScope, RISK_DAYS, riskOf, usersMoved } from './risk.ts'
import type { ShownRisk } from './schemas.ts'
import { usersByScope } from './users-by-scope.ts'

/** A change of a flag that is not made yet. */
export interface PlannedChange {
  readonly project: Pick<LiveProject, 'key' | 'epoch' | 'state'>
  /** The state that the change was planned in. */
  readonly before: ProjectState
  readonly flag: string
  readonly after: ProjectState
  /** Scope that the key of the author is bound to. */
  readonly bound: string | undefined
}

type RiskParts = Pick<Services, 'stores' | 'now'>

/** Reads the risk of a change: the moved users, its dependants, freezes and past incidents. */
export async function readRisk(services: RiskParts, change: PlannedChange): Promise<ShownRisk> {
  const [risk] = await readRisks(services, change, [change.flag])
  return risk!
}

/** Reads the risk of a change for each of several flags. */
export async function readRisks(
  { stores, now }: RiskParts,
  change: Omit<PlannedChange, 'flag'>,
  flags: readonly string[],
): Promise<readonly ShownRisk[]> {
  const at = now()
  const known = new Map<string, Promise<ReadonlyMap<string, number>>>()
  const usersIn: UsersReader = (environment) =>
    getOrSet(known, environment, () =>
      usersByScope(stores.events, change.project.key, environment, at),
    )
  const pause = createPause()
  const risks: ShownRisk[] = []
  for (const flag of flags) {
    risks.push(await riskOfFlag(stores.log, { ...change, flag }, { at, usersIn }))
    await pause()
  }
  return risks
}

/** Returns the users of a day in each scope of an environment. */
type UsersReader = (environment: string) => Promise<ReadonlyMap<string, number>>

async function riskOfFlag(
  log: ChangeLog,
  { project, before, flag, after, bound }: PlannedChange,
  { at, usersIn }: { readonly at: number; readonly usersIn: UsersReader },
): Promise<ShownRisk> {
  const { key } = project
  const moved = movedScopes([before, after], { project: key, flag }, bound)
  const environments = [...new Set(moved.flatMap(({ scope }) => environmentOf(scope) ?? []))]
  const users = new Map<string, number>()
  for (const environment of environments)
    for (const [scope, count] of await usersIn(environment)) users.set(scope, count)
  const scopes = moved.map(
    (one): MovedScope => ({
      ...one,
      users: users.get(one.scope),
      closed: closedReason(before, one.scope, at)?.text,
    }),
  )
  const incidents = relevantIncidents(await recentIncidents(log, project, at, RISK_DAYS), {
    flag,
    scopes: scopes.map(({ scope }) => scope),
    bound,
  })
  const dependants = dependantsOf(before, flag)
  const isProtected = (environment: string) => before.environments.get(environment)?.protected
  const protectedEnvironments = environments.filter(isProtected)
  return {
    ...riskOf({ flag, scopes, dependants, incidents, protectedEnvironments }),
    scopes: scopes.map((one) => ({
      scope: one.scope,
      movedBuckets: one.movedBuckets,
      ...(one.users !== undefined && { users: usersMoved(one) }),
      ...(one.closed !== undefined && { closed: one.closed }),
    })),
    dependants: [...dependants],
    incidents: [...incidents],
  }
}

/** Lists the scopes in which a change moves buckets, within the scope of a key. */
function movedScopes(
  [before, after]: readonly [ProjectState, ProjectState],
  target: { readonly project: string; readonly flag: string },
  bound: string | undefined,
): readonly Pick<MovedScope, 'scope' | 'movedBuckets'>[] {
  const instances = [...after.instances.values()].filter(({ status }) => status !== 'retired')
  const scopes = [...after.environments.keys()]
    .flatMap((environment) => [
      ...instances.map((instance) => buildScope(environment, instance.key)),
      environment,
    ])
    .filter((scope) => isWithin(scope, bound))
  return affectedScopesOf(before, after, target.flag, scopes)
    .map((scope) => ({ scope, movedBuckets: movedBuckets([before, after], { ...target, scope }) }))
    .filter((one) => one.movedBuckets > 0)
}
