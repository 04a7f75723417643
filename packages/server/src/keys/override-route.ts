import { strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireKey } from '../http/auth.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { problems } from '../http/problem.ts'
import { ScopeQuery } from '../rulesets/target.ts'
import type { SdkServices } from '../services.ts'
import { GrantedOverride } from './overrides.ts'

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

/** `POST /sdk/v1/override`: the permission of a browser to serve one variant of a flag. */
export const overrideRoute: FastifyPluginAsyncZod<{ services: SdkServices }> = async (
  app,
  { services },
) => {
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
    async ({ principal, query, body: { secret } }) =>
      services.overrides.check({ principal, query, secret }),
  )
}
