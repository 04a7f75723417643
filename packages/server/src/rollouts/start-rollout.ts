import {
  entityName,
  onVariantOf,
  type ProjectState,
  plansOf,
  resolveLayers,
} from '@flaghoist/core/model'
import type { Flag, ProgressiveRollout } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import { entityNotFound } from '../projects/not-found.ts'
import type { Write } from '../projects/projects.ts'
import { withoutUndefined } from '../without-undefined.ts'
import { rolloutInProgress } from './find-rollout.ts'
import { waitingRun } from './run-edits.ts'
import type { RolloutInput } from './schemas.ts'
import { hasInstances, planWithoutInstances, selectScopes } from './select-scopes.ts'

/** The origin of a rollout. */
export interface RolloutOrigin {
  /** Name of the actor. */
  readonly by: string
  /** Instant of the start, ISO 8601. */
  readonly at: string
}

/** Starts a rollout, and opens its first wave. */
export function startRollout(project: string, input: RolloutInput, origin: RolloutOrigin): Write {
  return {
    project,
    action: 'rollout.start',
    names: (state) => [entityName({ kind: 'rollout', key: keyOf(state, input, origin) })],
    plan(state) {
      const rollout = describeRollout(state, input, origin)
      const [{ scopes } = { scopes: [] }] = selectScopes(state, rollout.environment, rollout.plan)
      return [
        { kind: 'rollout', key: rollout.key, after: rollout },
        ...scopes.map((scope) => waitingRun(rollout, { scope, wave: rollout.wave }, origin.at)),
      ]
    },
  }
}

/**
 * Returns the rollout that a request describes.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`, `ENTITY_EXISTS`, `ROLLOUT_OVERLAPS`,
 * `ROLLOUT_UNSUITABLE`, `WAVE_EMPTY`
 */
export function describeRollout(
  state: ProjectState,
  input: RolloutInput,
  { by, at }: RolloutOrigin,
): ProgressiveRollout {
  const { environment } = input
  if (!state.environments.has(environment))
    throw entityNotFound('environment', environment, state.environments.keys())
  const flag = findFlag(state, input.flag)
  const key = keyOf(state, input, { by, at })
  if (state.rollouts.has(key)) throw problem('ENTITY_EXISTS', { kind: 'rollout', key })
  requireAlone(state, input)

  const plan = planOf(state, input)
  const waves = selectScopes(state, environment, plan)
  const empty = waves.findIndex(({ isEmpty }) => isEmpty)
  if (empty >= 0) throw problem('WAVE_EMPTY', { wave: plan.waves[empty]!.name })
  return withoutUndefined({
    key,
    flag: flag.key,
    environment,
    ...variantsOf(flag, input),
    by: input.by ?? 'targetingKey',
    plan,
    status: 'running' as const,
    wave: 0,
    scopes: new Set(waves.flatMap(({ scopes }) => scopes)).size,
    startedAt: at,
    startedBy: by,
  })
}

/**
 * A flag can have one rollout at a time in an environment.
 * @throws {FlaghoistError} `ROLLOUT_OVERLAPS`
 */
export function requireAlone(
  state: ProjectState,
  { flag, environment }: Pick<ProgressiveRollout, 'flag' | 'environment'>,
): void {
  const other = rolloutInProgress(state, { flag, environment })
  if (other !== undefined)
    throw problem('ROLLOUT_OVERLAPS', { flag, environment, rollout: other.key })
}

function planOf(state: ProjectState, { plan }: RolloutInput): ProgressiveRollout['plan'] {
  const plans = plansOf(state)
  const named = typeof plan === 'string' ? plans.get(plan) : plan
  if (named === undefined) throw entityNotFound('plan', String(plan), plans.keys())
  return hasInstances(state) ? named : planWithoutInstances(named)
}

/**
 * Returns the old and the new variant of a rollout.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`, `ROLLOUT_UNSUITABLE`
 */
export function variantsOf(
  flag: Flag,
  { environment, from, to }: RolloutInput,
): Pick<ProgressiveRollout, 'from' | 'to'> {
  if (flag.archivedAt !== undefined) throw unsuitable(flag, 'it is archived')
  const target = to ?? onVariantOf(flag)
  if (target === undefined) throw unsuitable(flag, 'it has no variant "on". Add "to"')
  const source = from ?? servedBefore(flag, environment)
  for (const key of [target, ...(source === undefined ? [] : [source])])
    if (!flag.variants.some((variant) => variant.key === key))
      throw entityNotFound(
        'variant',
        key,
        flag.variants.map((variant) => variant.key),
      )
  if (source === target) throw unsuitable(flag, `it serves "${target}" already. Add "from"`)
  return { from: source, to: target }
}

/** The variant that a flag serves without rules and rollout; undefined for the caller's default. */
function servedBefore(flag: Flag, environment: string): string | undefined {
  const { on, off, fallthrough } = resolveLayers(flag, environment).configuration
  if (!on) return off === '' ? undefined : off
  if ('split' in fallthrough) throw unsuitable(flag, 'its fallthrough is a split. Add "from"')
  return fallthrough.variant === '' ? undefined : fallthrough.variant
}

function unsuitable({ key }: Flag, cause: string): Error {
  return problem('ROLLOUT_UNSUITABLE', { flag: key, cause })
}

/** By default the flag and the day; a second rollout of the day has a number. */
function keyOf(state: ProjectState, { key, flag }: RolloutInput, { at }: RolloutOrigin): string {
  if (key !== undefined) return key
  const base = `${flag
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .slice(0, 80)}-${at.slice(0, 10)}`
  for (let i = 1; ; i += 1) {
    const name = i === 1 ? base : `${base}-${i}`
    if (!state.rollouts.has(name)) return name
  }
}
