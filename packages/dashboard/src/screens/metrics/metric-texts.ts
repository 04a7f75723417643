import { listed } from '../../parts/format.ts'
import type { Metric, MetricUsage } from './metric-requests.ts'

export const KINDS: Readonly<Record<Metric['kind'], string>> = {
  failure: 'Failure',
  absence: 'Absence',
  conversion: 'Conversion',
  measurement: 'Measurement',
}

export const KIND_HINTS: Readonly<Record<Metric['kind'], string>> = {
  failure: 'A user with this outcome has failed.',
  absence: 'A user without this outcome has failed.',
  conversion: 'A user with this outcome has succeeded.',
  measurement: 'A value that is measured once for each user.',
}

export const ROLES: Readonly<Record<Metric['role'], string>> = {
  guardrail: 'Guardrail',
  goal: 'Goal',
  shown: 'Shown',
}

export const ROLE_HINTS: Readonly<Record<Metric['role'], string>> = {
  guardrail: 'A regression triggers a rollback.',
  goal: 'A regression holds the rollout, and rolls nothing back.',
  shown: 'It is counted only.',
}

/** Returns the better direction of a metric. */
export function directionOf({ kind, direction }: Pick<Metric, 'kind' | 'direction'>) {
  if (kind === 'measurement') return direction ?? 'lower'
  return kind === 'failure' ? 'lower' : 'higher'
}

/** Returns the hard limit in words, such as `at most 5 % above 2000 ms`; empty for none. */
export function limitText({ kind, unit, limit }: Metric): string {
  if (limit === undefined) return ''
  const bound = kind === 'conversion' ? 'at least' : 'at most'
  const above = limit.above === undefined ? '' : ` above ${withUnit(limit.above, unit)}`
  return `${bound} ${limit.percent} %${above}`
}

/** Returns the words of the dialog that deletes a metric, or resets a changed built-in one. */
export function deletionOf({ origin, plans, rollouts }: MetricUsage) {
  if (origin === 'changed')
    return {
      verb: 'Reset',
      done: 'reset',
      text: 'Every project has this metric. Its original settings apply again.',
    }
  const users = [...plans, ...rollouts]
  const text =
    users.length === 0 ? 'No plan and no rollout uses it.' : `It judges ${listed(users)}.`
  return { verb: 'Delete', done: 'deleted', text }
}

function withUnit(value: number, unit: string | undefined): string {
  return unit === undefined ? String(value) : `${value} ${unit}`
}
