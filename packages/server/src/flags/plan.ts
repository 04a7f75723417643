import {
  EVERYWHERE,
  entityName,
  layerKey,
  type ProjectState,
  sameKeyInOtherCase,
  scopeChain,
} from '@flaghoist/core/model'
import type { Flag, FlagDefinition, Layer } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { mergePatch } from '../http/merge-patch.ts'
import type { Action } from '../projects/actions.ts'
import type { Write } from '../projects/projects.ts'
import { findFlag } from './find-flag.ts'
import { checkEffect } from './layers/check-effect.ts'
import { completeLayer } from './layers/complete-layer.ts'
import { layerEdit } from './layers/find-layer.ts'
import { layerPast } from './layers/layer-past.ts'
import type { FlagInput, FlagPatch } from './schemas.ts'

/** A flag in a project. */
export interface FlagTarget {
  readonly project: string
  readonly flag: string
}

/** Creates a flag, off everywhere unless its layers say otherwise. */
export function createFlag(project: string, input: FlagInput): Write {
  const { layers = {}, ...given } = input
  const definition = completeDefinition(given)
  const { key } = definition
  return {
    project,
    action: 'flag.create',
    names: () => [entityName({ kind: 'flag', key })],
    plan(state) {
      if (state.flags.has(key)) throw problem('ENTITY_EXISTS', { kind: 'flag', key })
      const existing = sameKeyInOtherCase(state.flags, key)
      if (existing !== undefined) throw problem('FLAG_KEY_CASE', { key, existing })
      const flag = withLayers(project, definition, layers)
      for (const scope of Object.keys(flag.layers)) checkEffect(undefined, flag, scope)
      return [
        { kind: 'flag', key, after: definition },
        ...Object.entries(flag.layers).map(([scope, layer]) => layerEdit(key, scope, layer)),
      ]
    },
  }
}

/** Adds layers from general to specific, so that each continues those that it inherits. */
function withLayers(
  project: string,
  definition: FlagDefinition,
  layers: NonNullable<FlagInput['layers']>,
): Flag {
  const made: Record<string, Layer> = { [EVERYWHERE]: baseLayer(definition) }
  const flag = { ...definition, layers: made }
  const fromGeneral = Object.entries(layers).sort(
    ([a], [b]) => scopeChain(a).length - scopeChain(b).length,
  )
  for (const [scope, input] of fromGeneral) {
    const layer = completeLayer(input, layerPast(project, flag, scope, undefined))
    made[scope] = { ...made[scope], ...layer }
  }
  return flag
}

/** Changes the definition of a flag; its layers stay. */
export function updateFlag(target: FlagTarget, patch: FlagPatch): Write {
  return editDefinition(target, 'flag.update', (definition) => mergePatch(definition, patch))
}

/** Archives a flag. An archived flag keeps the time at which it was archived first. */
export function archiveFlag(target: FlagTarget, archivedAt: string): Write {
  return editDefinition(target, 'flag.archive', (definition) => ({ archivedAt, ...definition }))
}

/** Brings an archived flag back. */
export function unarchiveFlag(target: FlagTarget): Write {
  return editDefinition(target, 'flag.unarchive', ({ archivedAt: _, ...definition }) => definition)
}

/** The entities whose edits change the version of a flag: its definition and all its layers. */
export function flagNames({ key, layers }: Flag): readonly string[] {
  const scopes = Object.keys(layers)
  return [
    entityName({ kind: 'flag', key }),
    ...scopes.map((scope) => entityName({ kind: 'layer', key: layerKey(key, scope) })),
  ]
}

function editDefinition(
  { project, flag: key }: FlagTarget,
  action: Action,
  edit: (definition: FlagDefinition) => FlagDefinition,
): Write {
  return {
    project,
    action,
    names: (state) => namesInState(state, key),
    plan(state) {
      const { layers: _, ...definition } = findFlag(state, key)
      return [{ kind: 'flag', key, after: edit(definition) }]
    },
  }
}

function namesInState({ flags }: ProjectState, key: string): readonly string[] {
  const flag = flags.get(key)
  return flag === undefined ? [entityName({ kind: 'flag', key })] : flagNames(flag)
}

/** Fills in the default of every member that was left out. */
function completeDefinition(given: Omit<FlagInput, 'layers'>): FlagDefinition {
  const booleans = [
    { key: 'on', value: true },
    { key: 'off', value: false },
  ]
  if (given.variants === undefined && given.type !== 'boolean')
    throw problem('REQUEST_INVALID', {
      problem: `A flag of type ${given.type} needs "variants", such as [{"key": "light", "value": …}].`,
    })
  const { key, type, expectedRemovalAt } = given
  return {
    key,
    type,
    kind: given.kind ?? 'release',
    variants: given.variants ?? booleans,
    description: given.description ?? '',
    owner: given.owner ?? '',
    tags: given.tags ?? {},
    clientVisible: given.clientVisible ?? false,
    permanent: given.permanent ?? false,
    prerequisites: given.prerequisites ?? [],
    ...(expectedRemovalAt === undefined ? {} : { expectedRemovalAt }),
  }
}

/**
 * Off. A boolean flag serves `false` then; another flag has no off variant, so that the caller's
 * default is served until a layer sets one.
 */
function baseLayer({ type, variants }: FlagDefinition): Layer {
  const off = type === 'boolean' ? variants.find(({ value }) => value === false)?.key : undefined
  return { on: false, ...(off === undefined ? {} : { off }) }
}
