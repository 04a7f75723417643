import { once } from 'node:events'
import { createServer, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../server/test/http-server.ts'
import { createFlags } from '../src/index.ts'
import { until } from './fixtures.ts'

/** A proxy that passes the first 300 ms of each response, and holds the rest until its end. */
async function startHoldingProxy(target: string): Promise<string> {
  const server = createServer((request, response) => {
    const { method, headers, url } = request
    const forwarded = send(new URL(url!, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      hold(answer, response)
    })
    request.pipe(forwarded)
    response.on('close', () => forwarded.destroy())
    forwarded.on('error', () => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function hold(answer: AsyncIterable<Buffer>, response: ServerResponse): void {
  const begun = performance.now()
  const held: Buffer[] = []
  const pump = async () => {
    for await (const bytes of answer)
      if (performance.now() - begun < 300) response.write(bytes)
      else held.push(bytes)
    response.end(Buffer.concat(held))
  }
  pump().catch(() => response.destroy())
}

test('a kill passes a proxy that holds all but the beginning of a stream, within 20 s', {
  timeout: 60_000,
}, async () => {
  const server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.ask('POST', 'flags', { body: { key: 'new-checkout' } })
  await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: true } })
  const key = await server.makeKey('server', 'production')
  const flags = createFlags({ url: await startHoldingProxy(server.url), key })
  onTestFinished(() => flags.close())
  await flags.ready()
  const states: string[] = []
  flags.on('status', ({ state, transport }) => states.push(`${state} ${transport}`))
  expect(flags.isEnabled('new-checkout')).toBe(true)

  // After the proxy has begun to hold.
  await new Promise((resolve) => setTimeout(resolve, 500))
  const killedAt = performance.now()
  await server.ask('POST', 'flags/new-checkout/kill', {
    body: { scopes: ['production'], reason: 'x' },
  })
  await until('it is killed', () => !flags.isEnabled('new-checkout'), 30_000)

  expect(performance.now() - killedAt).toBeLessThan(20_000)
  expect(states).toEqual(['live poll'])
  expect(flags.status().lastError).toMatchObject({ code: 'STREAM_BUFFERED' })
})
