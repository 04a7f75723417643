import { murmur3 } from '@flaghoist/core/internal'
import { buildScope, isSelected, type ProjectState } from '@flaghoist/core/model'
import type { Instance, ProgressiveRollout, Wave } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'

type Plan = ProgressiveRollout['plan']

/** The scopes of one wave. */
export interface WaveScopes {
  /** In the order of the instances' hashes; the scope of the environment comes last. */
  readonly scopes: readonly string[]
  /** Set for a wave that selects no existing instance: a misspelt key or tag. */
  readonly isEmpty: boolean
}

/**
 * Selects the scopes of each wave: an instance belongs to the first wave that selects it. Retired
 * instances belong to none.
 *
 * Instances are ordered by the hash of their keys, and a percentage takes them from the start of
 * that order. A higher one therefore keeps all that were taken. It takes at least one instance that
 * no earlier wave has, while there is one.
 */
export function selectScopes(
  { instances }: Pick<ProjectState, 'instances'>,
  environment: string,
  { waves }: Pick<Plan, 'waves'>,
): readonly WaveScopes[] {
  return getOrSet(selections(instances)(waves), environment, () =>
    selectFrom(instances, environment, waves),
  )
}

/** The selected scopes by instances, waves and environment: the engine asks each second. */
const selections = memoise((_: ProjectState['instances']) =>
  memoise((_: Plan['waves']) => new Map<string, readonly WaveScopes[]>()),
)

function selectFrom(
  instances: ProjectState['instances'],
  environment: string,
  waves: Plan['waves'],
): readonly WaveScopes[] {
  return selectInstances({ instances }, waves).map(({ keys, isEmpty }, i) => {
    const scopes = keys.map((key) => buildScope(environment, key))
    return { scopes: waves[i]!.instances.rest ? [...scopes, environment] : scopes, isEmpty }
  })
}

/** The instances of one wave. */
export interface WaveInstances extends Pick<WaveScopes, 'isEmpty'> {
  /** Keys in the order of their hashes. */
  readonly keys: readonly string[]
}

/** Selects the instances of each wave, as {@link selectScopes} does. */
export function selectInstances(
  { instances }: Pick<ProjectState, 'instances'>,
  waves: readonly Pick<Wave, 'instances'>[],
): readonly WaveInstances[] {
  const ordered = [...instances.values()].filter(({ status }) => status !== 'retired').sort(byHash)
  const taken = new Set<string>()
  return waves.map(({ instances: selector }) => {
    const matching = ordered.filter((instance) => isSelected(instance, selector))
    const left = matching.filter(({ key }) => !taken.has(key))
    const keys = takePercent(matching, left, selector.percent).map(({ key }) => key)
    for (const key of keys) taken.add(key)
    return { keys, isEmpty: matching.length === 0 && !selector.rest }
  })
}

/**
 * Returns the plan of a project without instances: the environment goes through the steps of the
 * first wave.
 */
export function planWithoutInstances(plan: Plan): Plan {
  return {
    ...plan,
    waves: plan.waves.slice(0, 1).map((wave) => ({ ...wave, instances: { rest: true } })),
  }
}

/** Checks that a project has an instance that a rollout can reach. */
export function hasInstances({ instances }: Pick<ProjectState, 'instances'>): boolean {
  return [...instances.values()].some(({ status }) => status !== 'retired')
}

function takePercent(
  matching: readonly Instance[],
  left: readonly Instance[],
  percent: number | undefined,
): readonly Instance[] {
  if (percent === undefined) return left
  const count = Math.ceil((matching.length * percent) / 100)
  const within = new Set(matching.slice(0, count))
  const chosen = left.filter((instance) => within.has(instance))
  return chosen.length > 0 ? chosen : left.slice(0, 1)
}

/** Orders by a hash, so that the order says nothing about the customers; equal hashes by key. */
function byHash(a: Instance, b: Instance): number {
  return murmur3(a.key, 0) - murmur3(b.key, 0) || (a.key < b.key ? -1 : 1)
}
