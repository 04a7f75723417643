import { instanceOf, isWithin, type ProjectState } from '@flaghoist/core/model'
import type { z } from 'zod'
import { entityNotFound, scopeExists, scopeNotFound } from '../../projects/not-found.ts'
import type { Write } from '../../projects/projects.ts'
import { instanceScopes } from '../../projects/select-instances.ts'
import { visibleEnvironments } from '../../projects/visibility.ts'
import { invalidChange } from '../../validation/invalid.ts'
import { shown } from '../../validation/issue-text.ts'
import type { FlagTarget } from '../plan.ts'
import { layerName } from './find-layer.ts'
import { planUpdate } from './plan.ts'
import type { WaveRequest } from './wave-schemas.ts'

type Wave = z.infer<typeof WaveRequest>

/**
 * Changes the layers of many scopes in the same way, as one change: all of them or none.
 * @param bound scope of the key; a selector selects only scopes within it
 */
export function updateLayers(
  { project, flag }: FlagTarget,
  { layer: patch, ...wave }: Wave,
  bound: string | undefined,
): Write {
  const scopesIn = (state: ProjectState) => waveScopes(state, wave, bound)
  return {
    project,
    action: 'layer.update',
    names: (state) => scopesIn(state).map((scope) => layerName({ flag, scope })),
    plan(state) {
      const scopes = scopesIn(state)
      const unknown = scopes.find((scope) => !scopeExists(state, scope))
      if (unknown !== undefined) throw scopeNotFound(state, unknown)
      if (scopes.length === 0) throw emptySelection(wave)
      return scopes.map((scope) => planUpdate(state, { project, flag, scope }, patch))
    },
  }
}

/**
 * The scopes of a wave. A selector skips retired instances: no SDK of theirs is left.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND` for a misspelt environment of a selector
 */
export function waveScopes(
  state: ProjectState,
  { scopes, selector }: Omit<Wave, 'layer'>,
  bound: string | undefined,
): readonly string[] {
  if (selector === undefined) return [...new Set(scopes)]
  const { environment, tags } = selector
  const known = visibleEnvironments(state, bound)
  if (!known.includes(environment)) throw entityNotFound('environment', environment, known)
  return instanceScopes(state, tags, [environment]).filter(
    (scope) =>
      isWithin(scope, bound) && state.instances.get(instanceOf(scope)!)?.status !== 'retired',
  )
}

function emptySelection({ selector }: Omit<Wave, 'layer'>): Error {
  const message = `No instance has the tags ${shown(selector?.tags)}. List the instances to find their tags.`
  return invalidChange([{ path: 'selector.tags', message }])
}
