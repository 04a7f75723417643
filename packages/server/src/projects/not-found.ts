import type { FlaghoistError } from '@flaghoist/core'
import { closest } from '@flaghoist/core/internal'
import {
  buildScope,
  EVERYWHERE,
  isWithin,
  type ProjectState,
  parseScope,
} from '@flaghoist/core/model'
import { problem } from '../errors.ts'

/**
 * The error of a key that does not exist. Suggests the existing key that is closest to it.
 * @param known the existing keys that the caller may see
 */
export function entityNotFound(
  kind: string,
  key: string,
  known: Iterable<string> = [],
): FlaghoistError {
  return problem('ENTITY_NOT_FOUND', { kind, key }, { hint: suggestion(closest(key, [...known])) })
}

/** Checks that the environment and the instance of a scope exist. */
export function scopeExists({ environments, instances }: ProjectState, scope: string): boolean {
  const { environment, instance } = parseScope(scope)
  return (
    buildScope(environment, instance) === scope &&
    (environment === undefined || environments.has(environment)) &&
    (instance === undefined || instances.has(instance))
  )
}

/**
 * Checks the scope of a query: it must lie within that of the key, and exist or have existed.
 * @throws {FlaghoistError} `SCOPE_OUTSIDE_KEY`, `SCOPE_NOT_FOUND`
 */
export function requireQueryScope(
  state: ProjectState,
  scope: string | undefined,
  bound: string | undefined,
): void {
  if (scope === undefined) return
  if (bound !== undefined && !isWithin(scope, bound))
    throw problem('SCOPE_OUTSIDE_KEY', { scope, bound })
  if (!scopeExisted(state, scope)) throw scopeNotFound(state, scope)
}

/**
 * Checks the scope of a query for layers: a key sees the layers that it inherits as well.
 * @throws {FlaghoistError} `SCOPE_OUTSIDE_KEY`, `SCOPE_NOT_FOUND`
 */
export function requireVisibleScope(
  state: ProjectState,
  scope: string | undefined,
  bound: string | undefined,
): void {
  const isInherited = scope !== undefined && bound !== undefined && isWithin(bound, scope)
  if (!isInherited) requireQueryScope(state, scope, bound)
}

/** Checks that the environment and the instance of a scope exist, or were deleted. */
function scopeExisted({ editedAt }: ProjectState, scope: string): boolean {
  const { environment, instance } = parseScope(scope)
  return (
    (environment === undefined || editedAt.has(`environment:${environment}`)) &&
    (instance === undefined || editedAt.has(`instance:${instance}`))
  )
}

/** The error of a scope that does not exist. Suggests the scope that is closest to it. */
export function scopeNotFound(state: ProjectState, scope: string): FlaghoistError {
  return problem('SCOPE_NOT_FOUND', { scope }, { hint: suggestion(closestScope(state, scope)) })
}

function closestScope({ environments, instances }: ProjectState, scope: string) {
  const { environment = EVERYWHERE, instance } = parseScope(scope)
  const nearest = closest(environment, [...environments.keys()])
  if (nearest === undefined || instance === undefined) return nearest
  const within = closest(instance, [...instances.keys()])
  return within && buildScope(nearest, within)
}

function suggestion(word: string | undefined): string | undefined {
  return word === undefined ? undefined : `Did you mean "${word}"?`
}
