import { environmentOf, isWithin } from '@flaghoist/core/model'
import { type ApiKey, Override } from '@flaghoist/core/schema'
import { z } from 'zod'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { ScopeQuery } from '../rulesets/target.ts'
import type { Services } from '../services.ts'
import { requireAllowed } from './override-plan.ts'

export const GrantedOverride = Override.extend({
  expiresInMs: z.number().meta({ description: 'Time until it ends, ms', example: 3_600_000 }),
}).meta({ id: 'GrantedOverride', description: 'Override that the browser may apply' })

/** A request for an override, with the client key of the browser. */
export interface OverrideTask {
  readonly principal: Principal
  readonly query: z.infer<typeof ScopeQuery>
  /** Secret of a key of kind `override`. */
  readonly secret: string
}

/** The overrides that keys of kind `override` permit. */
export interface Overrides {
  /**
   * Returns the override that a secret permits for the scope of a client key.
   * @throws {FlaghoistError} `OVERRIDE_REFUSED`
   */
  check(task: OverrideTask): Promise<z.infer<typeof GrantedOverride>>
}

type OverrideParts = Pick<Services, 'projects' | 'keys' | 'rulesets' | 'targets' | 'now'>

/** Creates the overrides of a server, whose log holds the keys. */
export function createOverrides(services: OverrideParts): Overrides {
  return {
    async check({ principal, query, secret }) {
      const target = await services.targets.find(principal, query)
      await services.rulesets.prepare(target)
      const { override, expiresAt } = findPermission(services, target, secret)
      return { ...override!, expiresInMs: Date.parse(expiresAt!) - services.now() }
    },
  }
}

/**
 * Returns the key that permits an override for a target.
 * @throws {FlaghoistError} `OVERRIDE_REFUSED`
 */
function findPermission(
  { projects, keys, rulesets }: OverrideParts,
  target: RulesetTarget,
  secret: string,
): ApiKey {
  const { project, scope } = target
  const { state } = projects.get(project)
  requireAllowed(state, scope)
  const refusal = (text: string) =>
    problem('OVERRIDE_REFUSED', { problem: text, project, environment: environmentOf(scope) ?? '' })

  const known = keys.authenticate(secret)
  const key = state.apiKeys.get(known?.keyId ?? '')
  if (key?.override === undefined) throw refusal('Its key is unknown, was revoked or has expired.')
  if (!isWithin(scope, key.scope!))
    throw refusal(`Its key is bound to ${key.scope}, and the client key to ${scope}.`)
  const { flag, variant } = key.override
  const served = rulesets.current(target).ruleset.flags[flag]
  if (served === undefined || !Object.hasOwn(served.variants, variant))
    throw refusal(`Browsers have no flag "${flag}" with a variant "${variant}" in ${scope}.`)
  return key
}
