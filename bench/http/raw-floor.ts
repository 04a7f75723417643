/** The least that `node:http` can do: fixed responses, written from memory. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'

// As the server does, so that both collect garbage alike.
setFlagsFromString('--semi-space-growth-factor=8')

const JSON_TYPE = 'application/json; charset=utf-8'
/** The size and the headers of the ruleset of the benchmark. */
const bytes = Buffer.alloc(Number(process.env.RULESET_BYTES), 'x')
const headers = JSON.parse(process.env.RULESET_HEADERS!) as Readonly<Record<string, string>>

const server = createServer(({ url }, response) => {
  if (url === '/unchanged') return response.writeHead(304, { ...headers }).end()
  const isRuleset = url === '/ruleset'
  const body = isRuleset ? bytes : '{"alive":true}'
  const head = { 'content-type': JSON_TYPE, 'content-length': body.length }
  return response.writeHead(200, isRuleset ? { ...head, ...headers } : head).end(body)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
