// A Fastify server that validates reports with zod, as Flaghoist does, and discards them: the
// minimum cost of receiving them.
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

const key = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/)
const units = z.array(z.string().regex(/^[0-9a-f]{16}$/)).max(5_000)
const cell = { flag: key, variant: key, revision: z.int().min(1), minute: z.int().min(0) }
const arm = z.enum(['treatment', 'control'])
const exposure = z.strictObject({
  ...cell,
  arm: arm.optional(),
  reason: z.string(),
  count: z.int().min(1),
  units: units.optional(),
})
const outcome = z.strictObject({ ...cell, arm, metric: key, units })
const body = z.strictObject({
  sdk: z.strictObject({ id: z.string(), name: z.string() }),
  batch: z.strictObject({
    id: z.string(),
    exposures: z.array(exposure).default([]),
    outcomes: z.array(outcome).default([]),
  }),
})

const app = Fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
app.post('/sdk/v1/events', { schema: { body } }, (_, reply) =>
  reply.code(202).send({ accepted: 0, dropped: 0 }),
)
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
