import { isWithin } from '@flaghoist/core/model'
import { Key, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { Changes, LiveProject } from '../projects/projects.ts'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import type { Address } from './rulesets.ts'

/** How a request names a scope, where its key leaves that open. */
export const ScopeQuery = z.strictObject({
  scope: Scope.optional().meta({ description: 'Environment or instance: `production/acme`' }),
  instance: Key.optional().meta({
    description: 'Instance in the environment that the key is bound to',
  }),
})

/**
 * The ruleset that a key asks for: of the scope that it is bound to, or of the one that it names within that.
 * @throws {FlaghoistError} `SCOPE_REQUIRED`, `SCOPE_OUTSIDE_KEY`, `ENTITY_NOT_FOUND`
 */
export function addressOf(
  changes: Changes,
  principal: Principal,
  named: z.infer<typeof ScopeQuery>,
): Address {
  const { project, scope: bound, kind } = principal
  const scope = scopeFrom(named.scope ?? bound, named.instance)
  if (scope === undefined || scope === '*') throw problem('SCOPE_REQUIRED', {})
  if (bound !== undefined && !isWithin(scope, bound))
    throw problem('SCOPE_OUTSIDE_KEY', { scope, bound })

  const missing = missingOf(changes.project(project), scope)
  if (missing !== undefined) throw problem('ENTITY_NOT_FOUND', missing)
  return { project, scope, audience: kind === 'client' ? 'client' : 'server' }
}

/** Whether the environment and the instance of an address are still there. */
export function isThere(changes: Changes, { project, scope }: Address): boolean {
  return missingOf(changes.project(project), scope) === undefined
}

function missingOf(
  { state }: LiveProject,
  scope: string,
): { kind: string; key: string } | undefined {
  const [environment = '', instance] = scope.split('/')
  if (!state.environments.has(environment)) return { kind: 'environment', key: environment }
  if (instance === undefined || state.instances.has(instance)) return undefined
  return { kind: 'instance', key: instance }
}

/** `production` and `acme` are `production/acme`; an instance that the scope names already may be named again. */
function scopeFrom(scope: string | undefined, instance: string | undefined): string | undefined {
  if (scope === undefined || instance === undefined) return scope
  return scope === '*' || scope.endsWith(`/${instance}`)
    ? scope
    : `${scope.split('/')[0]}/${instance}`
}
