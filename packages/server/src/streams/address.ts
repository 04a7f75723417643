import { isWithin } from '@flaghoist/core/model'
import type { Changes } from '../changes/changes.ts'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import type { Address } from '../rulesets/rulesets.ts'

/**
 * The ruleset that a key asks for: of the scope that it is bound to, or of the one that it names within that.
 * @throws {FlaghoistError} `SCOPE_REQUIRED`, `SCOPE_OUTSIDE_KEY`, `ENTITY_NOT_FOUND`
 */
export function addressOf(
  changes: Changes,
  principal: Principal,
  named: string | undefined,
): Address {
  const { project, scope: bound, kind } = principal
  const scope = named ?? bound
  if (scope === undefined || scope === '*') throw problem('SCOPE_REQUIRED', {})
  if (bound !== undefined && !isWithin(scope, bound))
    throw problem('SCOPE_OUTSIDE_KEY', { scope, bound })

  const { state } = changes.project(project)
  const [environment, instance] = scope.split('/')
  if (!state.environments.has(environment!))
    throw problem('ENTITY_NOT_FOUND', { kind: 'environment', key: environment! })
  if (instance !== undefined && !state.instances.has(instance))
    throw problem('ENTITY_NOT_FOUND', { kind: 'instance', key: instance })
  return { project, scope, audience: kind === 'client' ? 'client' : 'server' }
}
