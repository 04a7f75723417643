/** Remote evaluation with Fastify and zod that validates a context and sends a fixed answer. */
import { setFlagsFromString } from 'node:v8'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

// As the server does, so that both collect garbage alike.
setFlagsFromString('--semi-space-growth-factor=8')

const JSON_TYPE = 'application/json; charset=utf-8'
const answer = { key: 'flag-0', value: true, reason: 'STATIC', variant: 'on' }
const flags = Array.from({ length: 100 }, () => answer)
const schema = { body: z.object({ context: z.record(z.string(), z.unknown()) }) }

const app = Fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
app.post('/one', { schema }, (_, reply) => reply.type(JSON_TYPE).send(JSON.stringify(answer)))
app.post('/all', { schema }, (_, reply) => reply.type(JSON_TYPE).send(JSON.stringify({ flags })))
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
