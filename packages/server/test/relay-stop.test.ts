import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Ruleset } from '@flaghoist/core'
import { expect, test, vi } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { startShopServer, startTestServer } from './http-server.ts'
import { get, openStream } from './relayed-shop.ts'
import { folder, run } from './server-process.ts'

/** Default of FLAGHOIST_SHUTDOWN_MS: a stop that waits for idle connections takes as long. */
const SHUTDOWN_MS = 10_000

/** Sends the head and a part of a report, and resolves once the relay has received them. */
async function beginReport(url: string, key: string, text: string): Promise<ClientRequest> {
  const sent = request(`${url}/sdk/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    },
  })
  sent.write(text.slice(0, 5))
  if (sent.socket === null) await once(sent, 'socket')
  if (sent.socket!.connecting) await once(sent.socket!, 'connect')
  // Once the relay responds to a later request, it has received the head of this one.
  await fetch(`${url}/livez`)
  return sent
}

test('a relay that is stopped ends its streams, awaits reports, and keeps all that it has', {
  timeout: 60_000,
}, async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const [dataDir, own] = [folder(), folder()]
  const settings = { FLAGHOIST_PORT: `${await freePort()}`, FLAGHOIST_DATA_DIR: dataDir }
  const server = await startShopServer(settings)
  const key = await server.makeKey('server', 'production')
  const FLAGHOIST_PORT = `${await freePort()}`
  const startRelay = async () => {
    const args = ['--upstream', server.url, '--key', key]
    const relay = run({ FLAGHOIST_PORT, FLAGHOIST_DATA_DIR: own }, ...args)
    return { ...relay, address: await relay.url() }
  }
  const relay = await startRelay()
  const stream = await openStream(relay.address, key)
  await stream.until('it has the ruleset', () => stream.ruleset !== undefined)
  const { revision } = stream.ruleset!.flags['new-checkout']!
  const exposure = { flag: 'new-checkout', revision, variant: 'off', reason: 'STATIC', count: 3 }
  const batch = { id: 'batch-of-the-stop', exposures: [{ ...exposure, minute: Date.now() }] }
  const text = JSON.stringify({ sdk: { id: 'a', name: 'test/1' }, batch })
  const report = await beginReport(relay.address, key, text)
  await server.ask('POST', 'flags', { body: { key: 'last' } })
  await stream.until('it has the last change', () => 'last' in stream.ruleset!.flags)

  const stoppedAt = performance.now()
  relay.child.kill('SIGTERM')
  await stream.until('it has ended', () => stream.isClosed)
  expect(stream.retries).toHaveLength(2)
  const response = once(report, 'response')
  report.end(text.slice(5))
  const [{ statusCode }] = (await response) as [IncomingMessage]
  expect(statusCode).toBe(202)
  expect(await relay.exited).toBe(0)
  // The client keeps the connection of its report alive.
  expect(performance.now() - stoppedAt).toBeLessThan(SHUTDOWN_MS / 2)
  expect(relay.output()).toContain('Flaghoist stopped')
  await expect(fetch(`${relay.address}/livez`)).rejects.toThrow()
  await server[Symbol.asyncDispose]()

  const again = await startRelay()
  const served = (await (await get(again.address, key)).json()) as Ruleset
  expect(served).toEqual(stream.ruleset)
  await using restarted = await startTestServer(settings)
  const counted = async () => {
    const path = 'exposures?interval=total'
    const { body } = await restarted.ask<{ items: { count: number }[] }>('GET', path)
    return body.items.map(({ count }) => count)
  }
  await expect.poll(counted, { timeout: 25_000 }).toEqual([3])
})
