import { buildScope, EVERYWHERE, environmentOf, instanceOf, isWithin } from '@flaghoist/core/model'
import { Key, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import type { LiveProject, Projects } from '../projects/projects.ts'
import type { RulesetTarget } from './rulesets.ts'

/**
 * The scope of a request whose key is not bound to one, or is bound to a whole environment. Unknown
 * parameters are ignored: the SDK may be newer.
 */
export const ScopeQuery = z.object({
  scope: Scope.optional().meta({
    description: 'Environment or instance; by default the scope of the key',
    example: 'production/acme',
  }),
  instance: Key.optional().meta({
    description: 'Instance within the environment of the key, such as `acme`',
  }),
})

/**
 * The target of an SDK request: the scope that its key is bound to, or a scope within it.
 * @throws {FlaghoistError} `SCOPE_REQUIRED`, `SCOPE_OUTSIDE_KEY`, `ENTITY_NOT_FOUND`
 */
export function targetOf(
  projects: Projects,
  { project, scope: bound, kind }: Principal,
  query: z.infer<typeof ScopeQuery>,
): RulesetTarget {
  const scope = requestedScope(bound, query)
  const missing = missingEntity(projects.get(project), scope)
  if (missing !== undefined) throw problem('ENTITY_NOT_FOUND', missing)
  return { project, scope, audience: kind === 'client' ? 'client' : 'server' }
}

/**
 * Returns the scope of a request by a key that is bound to one.
 * @throws {FlaghoistError} `SCOPE_REQUIRED`, `SCOPE_OUTSIDE_KEY`
 */
export function requestedScope(
  bound: string | undefined,
  query: z.infer<typeof ScopeQuery>,
): string {
  const scope = scopeFrom(query.scope ?? bound, query.instance)
  if (scope === undefined || scope === EVERYWHERE) throw problem('SCOPE_REQUIRED', {})
  if (bound !== undefined && !isWithin(scope, bound))
    throw problem('SCOPE_OUTSIDE_KEY', { scope, bound })
  return scope
}

/** Checks that the project, the environment and the instance of a target still exist. */
export function targetExists(projects: Projects, { project, scope }: RulesetTarget): boolean {
  return projects.has(project) && missingEntity(projects.get(project), scope) === undefined
}

function missingEntity(
  { state }: LiveProject,
  scope: string,
): { kind: string; key: string } | undefined {
  const [environment, instance] = [environmentOf(scope) ?? '', instanceOf(scope)]
  if (!state.environments.has(environment)) return { kind: 'environment', key: environment }
  if (instance === undefined || state.instances.has(instance)) return undefined
  return { kind: 'instance', key: instance }
}

/**
 * Combines `production` and `acme` to `production/acme`. An instance may repeat that of the scope.
 */
function scopeFrom(scope: string | undefined, instance: string | undefined): string | undefined {
  if (scope === undefined || instance === undefined || scope === EVERYWHERE) return scope
  return buildScope(environmentOf(scope), instance)
}
