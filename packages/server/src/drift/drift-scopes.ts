import { buildScope, environmentOf, instanceOf, type ProjectState } from '@flaghoist/core/model'
import { problem } from '../errors.ts'
import { type Columns, selectColumns } from '../matrix/columns.ts'
import { isRetired } from '../matrix/flag-cells.ts'
import { requireVisibleScope, scopeExists, scopeNotFound } from '../projects/not-found.ts'
import type { Term } from '../query/parse-query.ts'

/** Scopes of one comparison. */
const MAX_SCOPES = 500

const ALL_INSTANCES = '/*'

/** The part of a project in which a key may compare scopes. */
export interface ScopeChoice {
  readonly state: ProjectState
  /** Columns that the key may see. */
  readonly columns: Columns
  /** Scope of the key. */
  readonly bound: string | undefined
}

/**
 * Returns the scopes of a list such as `staging,production/*`, without those that the terms `env:`
 * and `instance:` exclude. `production/*` names every instance that is not retired.
 * @throws {FlaghoistError} `SCOPE_OUTSIDE_KEY`, `SCOPE_NOT_FOUND`, `REQUEST_INVALID`
 */
export function driftScopes(
  list: string,
  terms: readonly Term[],
  choice: ScopeChoice,
): readonly string[] {
  const { environments, instances } = selectColumns(choice.columns, terms)
  const named = new Set(list.split(',').flatMap((item) => scopesOf(item, choice)))
  const scopes = [...named].filter((scope) => {
    const instance = instanceOf(scope)
    const isSelected = instance === undefined || instances.includes(instance)
    return isSelected && environments.includes(environmentOf(scope)!)
  })
  if (scopes.length <= MAX_SCOPES) return scopes
  const text = `"scopes" names ${scopes.length} scopes; one comparison has at most ${MAX_SCOPES}.`
  throw problem('REQUEST_INVALID', { problem: text })
}

function scopesOf(item: string, { state, columns, bound }: ScopeChoice): readonly string[] {
  const isWhole = item.endsWith(ALL_INSTANCES)
  const scope = isWhole ? item.slice(0, -ALL_INSTANCES.length) : item
  requireVisibleScope(state, scope, bound)
  if (!scopeExists(state, scope)) throw scopeNotFound(state, scope)
  if (!isWhole) return [scope]
  return columns.instances
    .map((instance) => buildScope(scope, instance))
    .filter((one) => !isRetired(state, one))
}
