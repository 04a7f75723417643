import {
  affectedScopesOf,
  buildScope,
  environmentOf,
  isWithin,
  type ProjectState,
} from '@flaghoist/core/model'
import { closedReason } from '../../calendar/work-time.ts'
import { recentIncidents, relevantIncidents, type WideIncident } from '../../changes/incidents.ts'
import { getOrSet } from '../../get-or-set.ts'
import { createPause } from '../../pause.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { Services } from '../../services.ts'
import { movedBucketsOf } from '../layers/moved-buckets.ts'
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
  const recent = await recentIncidents(stores.log, change.project, at, RISK_DAYS)
  const facts: CommonFacts = { at, usersIn, recent, scopes: servedScopes(change) }
  const pause = createPause()
  const risks: ShownRisk[] = []
  for (const flag of flags) {
    risks.push(await riskOfFlag({ ...change, flag }, facts))
    await pause()
  }
  return risks
}

/** Returns the users of a day in each scope of an environment. */
type UsersReader = (environment: string) => Promise<ReadonlyMap<string, number>>

/** The facts that the risks of all flags of a change share. */
interface CommonFacts {
  /** Epoch ms. */
  readonly at: number
  readonly usersIn: UsersReader
  readonly recent: readonly WideIncident[]
  /** The scopes that the change can move users in. */
  readonly scopes: readonly string[]
}

async function riskOfFlag(
  { before, flag, after, bound }: PlannedChange,
  { at, usersIn, recent, scopes: served }: CommonFacts,
): Promise<ShownRisk> {
  const moved = movedScopes([before, after], flag, served)
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
  const incidents = relevantIncidents(recent, {
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

/** Lists the scopes that are served after a change, within the scope of the author's key. */
function servedScopes({ after, bound }: Pick<PlannedChange, 'after' | 'bound'>): readonly string[] {
  const instances = [...after.instances.values()].filter(({ status }) => status !== 'retired')
  return [...after.environments.keys()]
    .flatMap((environment) => [
      ...instances.map((instance) => buildScope(environment, instance.key)),
      environment,
    ])
    .filter((scope) => isWithin(scope, bound))
}

/** Lists those of some scopes in which a change moves buckets. */
function movedScopes(
  [before, after]: readonly [ProjectState, ProjectState],
  flag: string,
  scopes: readonly string[],
): readonly Pick<MovedScope, 'scope' | 'movedBuckets'>[] {
  const affected = affectedScopesOf(before, after, flag, scopes)
  if (affected.length === 0) return []
  const movedIn = movedBucketsOf([before, after], flag)
  return affected
    .map((scope) => ({ scope, movedBuckets: movedIn(scope) }))
    .filter((one) => one.movedBuckets > 0)
}
