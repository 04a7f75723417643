/**
 * A server that answers the requests of Flaghoist with fixed responses: Fastify with zod, a commit
 * to SQLite for each write, and streams that receive each write.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

const JSON_TYPE = 'application/json; charset=utf-8'
const ruleset = Buffer.alloc(Number(process.env.RULESET_BYTES), 'x')
const evaluated = { key: 'flag-0', value: true, reason: 'STATIC', variant: 'on' }
const flags = Array.from({ length: 20 }, () => evaluated)

const folder = mkdtempSync(join(tmpdir(), 'flaghoist-floor-'))
process.on('SIGTERM', () => {
  rmSync(folder, { recursive: true })
  process.exit()
})
const database = new DatabaseSync(join(folder, 'floor.db'))
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
database.exec('CREATE TABLE changes (version INTEGER PRIMARY KEY, at INTEGER, body TEXT)')
const insert = database.prepare('INSERT INTO changes (at, body) VALUES (?, ?)')
const streams = new Set<ServerResponse>()

const app = Fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)

const context = z.object({ context: z.record(z.string(), z.unknown()) })
app.post('/ofrep/v1/evaluate/flags/:key', { schema: { body: context } }, (_, reply) =>
  reply.type(JSON_TYPE).send(JSON.stringify(evaluated)),
)
app.post('/ofrep/v1/evaluate/flags', { schema: { body: context } }, (_, reply) =>
  reply.type(JSON_TYPE).send(JSON.stringify({ flags })),
)
let version = 0
app.get('/sdk/v1/ruleset', (request, reply) => {
  const etag = `"${version}"`
  reply.header('etag', etag)
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  return reply.type(JSON_TYPE).send(ruleset)
})
const report = z.object({ sdk: z.object({ id: z.string() }), batch: z.object({ id: z.string() }) })
app.post('/sdk/v1/events', { schema: { body: report } }, (_, reply) =>
  reply.code(202).send({ accepted: 0, dropped: 0 }),
)
app.put(
  '/api/v1/projects/default/flags/:flag/layers/production',
  { schema: { body: z.object({ on: z.boolean() }) } },
  (request, reply) => {
    version = Number(insert.run(Date.now(), JSON.stringify(request.body)).lastInsertRowid)
    const frame = `id: floor.${version}.0\nevent: patch\ndata: {}\n\n`
    for (const stream of streams) stream.write(frame)
    return reply.send({ on: true })
  },
)
app.get('/api/v1/projects/default/changes', () => ({
  items: database
    .prepare('SELECT version AS seq, at FROM changes ORDER BY version DESC LIMIT 500')
    .all()
    .map(({ seq, at }) => ({ seq, at: new Date(Number(at)).toISOString() })),
}))
app.get('/sdk/v1/stream', (_, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
  reply.raw.write('id: floor.0.0\nevent: put\ndata: {}\n\n')
  streams.add(reply.raw)
  reply.raw.on('close', () => streams.delete(reply.raw))
})
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
