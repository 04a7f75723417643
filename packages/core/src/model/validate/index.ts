import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Edit } from '../../schema/index.ts'
import { parseLayerKey } from '../apply.ts'
import { scopesOf } from '../layers.ts'
import type { ProjectState } from '../state.ts'
import { validateFlag } from './flag.ts'
import { validateLayer } from './layer.ts'
import { validateRemovals } from './references.ts'
import { validateWhen } from './targeting.ts'

/**
 * What is wrong with a state, as far as these edits touched it: everything that the schema of one entity cannot
 * see. Empty is good.
 *
 * @param before the state that was edited
 * @param after the state with the edits applied
 */
export function validate(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly Issue[] {
  const issues: Issue[] = []
  for (const edit of edits) {
    const path = `${edit.kind}:${edit.key}`
    for (const issue of validateEdit(before, after, edit))
      issues.push({ ...issue, path: issue.path === '' ? path : `${path}.${issue.path}` })
  }
  return [...issues, ...validateRemovals(after, edits), ...validateCounts(after)]
}

function validateEdit(before: ProjectState, after: ProjectState, edit: Edit): readonly Issue[] {
  const { after: entity, key } = edit
  if (entity === null) return []
  if ('key' in entity && entity.key !== key)
    return [
      { path: 'key', message: `The key "${entity.key}" is not the "${key}" it is stored under.` },
    ]

  switch (edit.kind) {
    case 'flag':
      return validateFlag(before, after, key)
    case 'layer': {
      const { flag, scope } = parseLayerKey(key)
      // What a layer holds is asked with the flag that it is part of.
      return [
        ...validateScope(after, scope),
        ...validateLayer(after, flag, scope),
        ...validateBase(after, flag),
      ]
    }
    case 'segment':
      return validateWhen(edit.after!.when, { state: after, isInSegment: true }).map((issue) => ({
        ...issue,
        path: `when.${issue.path}`,
      }))
    case 'apiKey':
      return edit.after!.scope === undefined ? [] : validateScope(after, edit.after!.scope)
    default:
      return []
  }
}

/** A flag can be served everywhere only if the layer `*` says how. */
function validateBase(state: ProjectState, flagKey: string): readonly Issue[] {
  const flag = state.flags.get(flagKey)
  if (flag === undefined) return [{ path: '', message: `There is no flag "${flagKey}".` }]
  const base = flag.layers['*'] ?? {}
  return (['on', 'off', 'fallthrough'] as const)
    .filter((field) => base[field] === undefined)
    .map((field) => ({
      path: field,
      message: `The layer "*" of "${flagKey}" has to set "${field}".`,
    }))
}

function validateScope(state: ProjectState, scope: string): readonly Issue[] {
  const [, environment, full] = scopesOf(scope)
  const instance = full?.slice(environment!.length + 1)
  if (environment !== undefined && !state.environments.has(environment))
    return [{ path: 'scope', message: `There is no environment "${environment}".` }]
  if (instance !== undefined && !state.instances.has(instance))
    return [{ path: 'scope', message: `There is no instance "${instance}".` }]
  return []
}

function validateCounts(state: ProjectState): readonly Issue[] {
  const counts = [
    ['flags', state.flags.size],
    ['environments', state.environments.size],
    ['instances', state.instances.size],
    ['segments', state.segments.size],
    ['apiKeys', state.apiKeys.size],
  ] as const
  return counts
    .filter(([name, count]) => count > LIMITS[name])
    .map(([name, count]) => ({
      path: name,
      message: `A project holds at most ${LIMITS[name]} ${name}; this would be ${count}.`,
    }))
}
