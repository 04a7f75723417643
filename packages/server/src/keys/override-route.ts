import { environmentOf, isWithin } from '@flaghoist/core/model'
import { type ApiKey, Override, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { requireKey } from '../http/auth.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { problems } from '../http/problem.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import { ScopeQuery, targetOf } from '../rulesets/target.ts'
import type { Services } from '../services.ts'
import { requireAllowed } from './override-plan.ts'

const OverrideRequest = strict({
  secret: z.string().max(200).meta({
    description: 'Secret of a key of kind `override`',
    example: 'fh_override_4cW9…',
  }),
}).meta({
  id: 'OverrideRequest',
  description: 'Override that a browser asks for',
  example: { secret: 'fh_override_4cW9…' },
})

const GrantedOverride = Override.extend({
  expiresInMs: z.number().meta({ description: 'Time until it ends, ms', example: 3_600_000 }),
}).meta({ id: 'GrantedOverride', description: 'Override that the browser may apply' })

/** `POST /sdk/v1/override`: the permission of a browser to serve one variant of a flag. */
export const overrideRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, now } = services
  declareCommonFailures(app)
  app.addHook('onRequest', requireKey(services, ['client']))
  app.post(
    '/override',
    {
      schema: {
        operationId: 'checkOverride',
        summary: 'Check an override',
        description:
          'Checks the secret of a key of kind `override` for the scope of the client key. The browser then serves that variant, and records nothing.',
        tags: ['SDK'],
        querystring: ScopeQuery,
        body: OverrideRequest,
        response: {
          200: GrantedOverride.describe('Override permitted'),
          ...problems(404),
        },
      },
    },
    async ({ principal, query, body }) => {
      const target = targetOf(projects, principal, query)
      const { override, expiresAt } = findPermission(services, target, body.secret)
      return { ...override!, expiresInMs: Date.parse(expiresAt!) - now() }
    },
  )
}

/**
 * Returns the key that permits an override for a target.
 * @throws {FlaghoistError} `OVERRIDE_REFUSED`
 */
function findPermission(
  { projects, keys, rulesets }: Services,
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
