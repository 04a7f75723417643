import { BUCKETS } from '@flaghoist/core'
import type { Incident } from '../../changes/incidents.ts'
import type { Risk, RiskFactor } from './schemas.ts'

/** Days of the log in which incidents count. */
export const RISK_DAYS = 90

/** A scope in which a change would move users. */
export interface MovedScope {
  readonly scope: string
  /** Number of buckets that change their variant, of 100,000. */
  readonly movedBuckets: number
  /** Users of a day; undefined if no split or rollout has counted any. */
  readonly users: number | undefined
  /** Reason why changes are refused there now. */
  readonly closed: string | undefined
}

/** Everything that the risk of a change depends on. */
export interface RiskFacts {
  readonly flag: string
  readonly scopes: readonly MovedScope[]
  readonly dependants: readonly string[]
  /** Latest first. */
  readonly incidents: readonly Incident[]
  /** Keys of the protected environments of the scopes. */
  readonly protectedEnvironments: readonly string[]
}

/** Returns the risk of a change from 0 to 100, with the factors that it is the sum of. */
export function riskOf(facts: RiskFacts): Risk {
  const factors = [
    moversFactor(facts),
    scopesFactor(facts),
    ...incidentFactors(facts),
    dependantsFactor(facts),
    protectedFactor(facts),
    freezeFactor(facts),
  ].filter(({ points }) => points > 0)
  return { score: factors.reduce((sum, { points }) => sum + points, 0), factors }
}

/** The largest share of users that change their variant in one scope: up to 40 points. */
function moversFactor({ scopes }: RiskFacts): RiskFactor {
  const most = Math.max(0, ...scopes.map(({ movedBuckets }) => movedBuckets))
  const users = scopes.reduce((sum, one) => sum + usersMoved(one), 0)
  const about = users === 0 ? '' : `, about ${users} users a day`
  return {
    name: 'users-moved',
    points: Math.ceil((40 * most) / BUCKETS),
    text: `Up to ${percentOf(most)}% of the users of a scope get another value${about}.`,
  }
}

/** The number of scopes: up to 15 points. */
function scopesFactor({ scopes }: RiskFacts): RiskFactor {
  const { length } = scopes
  return {
    name: 'scopes',
    points: length < 2 ? 0 : Math.min(15, length),
    text: `Users of ${length} scopes are moved at once.`,
  }
}

/** Past rollbacks and kills of the flag, up to 20 points, and of its scopes, up to 10. */
function incidentFactors({ flag, incidents }: RiskFacts): readonly RiskFactor[] {
  const own = incidents.filter((one) => one.flag === flag)
  const others = incidents.filter((one) => one.flag !== flag)
  const last = ([first]: readonly Incident[]) =>
    first === undefined ? '' : `, the last on ${first.at.slice(0, 10)} in ${first.scope}`
  return [
    {
      name: 'incidents-of-flag',
      points: Math.min(20, 10 * own.length),
      text: `The flag was rolled back or killed ${times(own.length)} within ${RISK_DAYS} days${last(own)}.`,
    },
    {
      name: 'incidents-of-scopes',
      points: Math.min(10, 2 * others.length),
      text: `Other flags were rolled back or killed ${times(others.length)} in these scopes within ${RISK_DAYS} days${last(others)}.`,
    },
  ]
}

/** Flags that need this one: up to 10 points. */
function dependantsFactor({ dependants }: RiskFacts): RiskFactor {
  return {
    name: 'dependants',
    points: Math.min(10, 5 * dependants.length),
    text: `It is a prerequisite of ${dependants.join(', ')}.`,
  }
}

/** A protected environment: 10 points. */
function protectedFactor({ protectedEnvironments: keys }: RiskFacts): RiskFactor {
  return {
    name: 'protected',
    points: keys.length > 0 ? 10 : 0,
    text: `The change reaches the protected environment ${keys.join(', ')}.`,
  }
}

/** A freeze, or a time outside the business hours: 5 points. */
function freezeFactor({ scopes }: RiskFacts): RiskFactor {
  const closed = scopes.flatMap(({ closed }) => closed ?? [])
  return { name: 'closed', points: closed.length > 0 ? 5 : 0, text: closed[0] ?? '' }
}

/** Returns the users of a scope that a change moves in a day, about. */
export function usersMoved({ users = 0, movedBuckets }: MovedScope): number {
  return Math.round((users * movedBuckets) / BUCKETS)
}

function percentOf(buckets: number): number {
  return Number(((100 * buckets) / BUCKETS).toPrecision(3))
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
