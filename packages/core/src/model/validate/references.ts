import type { Issue } from '../../errors.ts'
import type { Edit, Freeze, Layer, ProgressiveRollout } from '../../schema/index.ts'
import { EVERYWHERE, environmentOf, instanceOf, parseLayerKey } from '../../scope.ts'
import { entityOf } from '../apply.ts'
import { metricsOf } from '../built-in.ts'
import { segmentsNamedBy } from '../named-segments.ts'
import type { ProjectState } from '../state.ts'
import { segmentsOfPlan } from './plan.ts'

/** The maximum number of dependents in a message. */
const MAX_NAMED_DEPENDENTS = 5

/** Returns an issue for each deleted entity that others still depend on. */
export function validateRemovals(after: ProjectState, edits: readonly Edit[]): readonly Issue[] {
  return edits
    .filter(({ kind, key, after: left }) => left === null && entityOf(after, kind, key) === null)
    .flatMap((edit) => {
      const dependents = dependentsOf(after, edit)
      if (dependents.length === 0) return []
      const verb = dependents.length > 1 ? 'depend' : 'depends'
      const message = `"${edit.key}" cannot be deleted: ${listed(dependents)} ${verb} on it. ${hintFor(edit)}`
      return [{ path: `${edit.kind}:${edit.key}`, message }]
    })
}

function listed(dependents: readonly string[]): string {
  const others = dependents.length - MAX_NAMED_DEPENDENTS
  return `${dependents.slice(0, MAX_NAMED_DEPENDENTS).join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}

function hintFor({ kind, key }: Edit): string {
  switch (kind) {
    case 'flag':
      return 'Archive it instead.'
    case 'project':
      return 'Delete its entities instead.'
    case 'layer':
      return 'Replace its settings instead.'
    default:
      return `Remove "${key}" there first.`
  }
}

function dependentsOf(state: ProjectState, edit: Edit): readonly string[] {
  switch (edit.kind) {
    case 'flag':
      return ['its history']
    case 'project':
      return ['its log']
    case 'layer': {
      const { flag, scope } = parseLayerKey(edit.key)
      return scope === EVERYWHERE && state.flags.has(flag) ? ['every scope'] : []
    }
    case 'segment':
      return [
        ...layersWhere(state, (layer) => segmentsNamedBy(layer).includes(edit.key)),
        ...plansWhere(state, (plan) => segmentsOfPlan(plan).includes(edit.key)),
      ]
    case 'metric':
      return metricsOf(state).has(edit.key)
        ? []
        : plansWhere(state, ({ metrics = [] }) => metrics.includes(edit.key))
    case 'environment':
      return [
        ...dependentsOfScope(state, (scope) => environmentOf(scope) === edit.key),
        ...freezesWhere(state, ({ environments }) => environments?.includes(edit.key)),
        ...subscriptionsWhere(state, (scope) => environmentOf(scope) === edit.key),
      ]
    case 'instance':
      return [
        ...dependentsOfScope(state, (scope) => instanceOf(scope) === edit.key),
        ...freezesWhere(state, ({ instances }) => instances?.keys?.includes(edit.key)),
        ...subscriptionsWhere(state, (scope) => instanceOf(scope) === edit.key),
      ]
    case 'rollout':
      return [...(state.runs.get(edit.key)?.keys() ?? [])].map((scope) => `its run in ${scope}`)
    case 'kill':
    case 'apiKey':
    case 'plan':
    case 'run':
    case 'freeze':
    case 'subscription':
    case 'view':
      return []
  }
}

function dependentsOfScope(
  state: ProjectState,
  isDependent: (scope: string) => boolean,
): readonly string[] {
  const keys = [...state.apiKeys.values()]
    .filter(
      ({ scope, revokedAt }) =>
        revokedAt === undefined && scope !== undefined && isDependent(scope),
    )
    .map(({ name }) => `the key "${name}"`)
  const rollouts = [...state.runs]
    .filter(
      ([key, runs]) => [...runs.keys()].some(isDependent) && isUnfinished(state.rollouts.get(key)),
    )
    .map(([key]) => `the rollout "${key}"`)
  return [...layersWhere(state, (_, scope) => isDependent(scope)), ...keys, ...rollouts]
}

/** Names the templates, and the rollouts in progress, whose plan meets a condition. */
function plansWhere(
  { plans, rollouts }: ProjectState,
  isDependent: (plan: ProgressiveRollout['plan']) => boolean,
): readonly string[] {
  const templates = [...plans.values()].filter(isDependent).map(({ key }) => `the plan "${key}"`)
  const unfinished = [...rollouts.values()]
    .filter((rollout) => isUnfinished(rollout) && isDependent(rollout.plan))
    .map(({ key }) => `the rollout "${key}"`)
  return [...templates, ...unfinished]
}

function freezesWhere(
  { freezes }: ProjectState,
  isDependent: (freeze: Freeze) => boolean | undefined,
): readonly string[] {
  return [...freezes.values()].filter(isDependent).map(({ key }) => `the freeze "${key}"`)
}

function subscriptionsWhere(
  { subscriptions }: ProjectState,
  isDependent: (scope: string) => boolean,
): readonly string[] {
  return [...subscriptions.values()]
    .filter(({ scopes = [] }) => scopes.some(isDependent))
    .map(({ key }) => `the subscription "${key}"`)
}

function isUnfinished(rollout: ProgressiveRollout | undefined): boolean {
  return rollout !== undefined && rollout.endedAt === undefined
}

function layersWhere(
  state: ProjectState,
  isDependent: (layer: Layer, scope: string) => boolean,
): readonly string[] {
  // An archived flag blocks no removal. It is validated when it is unarchived.
  const live = [...state.flags.values()].filter(({ archivedAt }) => archivedAt === undefined)
  return live.flatMap(({ key, layers }) =>
    Object.entries(layers)
      .filter(([scope, layer]) => isDependent(layer, scope))
      .map(([scope]) => `"${key}" in ${scope}`),
  )
}
