import type { FlaghoistError } from '@flaghoist/core'
import type { ProjectState } from '@flaghoist/core/model'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import { scopeExists, scopeNotFound } from '../projects/not-found.ts'
import { allowedPart, MAX_ERRORS } from './select.ts'

/** The name of a key, and the scope that it is bound to. */
export type KillAuthority = Pick<Principal, 'name' | 'scope'>

/** The scopes of a kill that it can use, and the errors of all others. */
export interface KillScopes {
  readonly usable: readonly string[]
  readonly errors: readonly FlaghoistError[]
}

/**
 * Sorts the scopes that a kill names. A scope that contains that of the key stands for the scope of
 * the key.
 */
export function sortScopes(
  state: ProjectState,
  wanted: readonly string[],
  { name, scope: bound }: KillAuthority,
): KillScopes {
  const usable = new Set<string>()
  const errors: FlaghoistError[] = []
  for (const scope of wanted) {
    const [part] = allowedPart(scope, bound)
    const isKnown = part !== undefined && scopeExists(state, part)
    if (isKnown) usable.add(part)
    if ((isKnown && part === scope) || errors.length >= MAX_ERRORS) continue
    // A key learns nothing of the scopes outside its own.
    const isOutside = bound !== undefined && part !== scope
    errors.push(isOutside ? forbidden(name, bound, scope) : scopeNotFound(state, scope))
  }
  return { usable: [...usable], errors }
}

function forbidden(key: string, bound: string, scope: string): FlaghoistError {
  return problem('SCOPE_FORBIDDEN', { key, scope: bound, entity: `scope ${scope}` })
}
