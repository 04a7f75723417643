import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { loadConfig } from '../src/config.ts'
import { startServer } from '../src/start.ts'
import { createMemory, createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import { ADMIN_KEY, startTestServer } from './http-server.ts'

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** A promise that is settled from outside. */
function createGate() {
  let resolve = () => {}
  let reject = (_error: Error) => {}
  const promise = new Promise<void>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}

/**
 * A server that starts for the first time, and waits for its store. `finish` ends the wait;
 * with an error, the store fails.
 */
async function startSlowly(
  settings: Readonly<Record<string, string>> = {},
  memory = createMemory(),
) {
  const wait = createGate()
  const asked = createGate()
  const { log, ...stores } = createMemoryStores(memory)
  const port = await freePort()
  const config = loadConfig({
    FLAGHOIST_PORT: String(port),
    FLAGHOIST_LOG_LEVEL: 'silent',
    FLAGHOIST_ADMIN_KEY: `${ADMIN_KEY}-new`,
    ...settings,
  })
  const starting = startServer(config, {
    ...stores,
    log: {
      ...log,
      async append(...change) {
        asked.resolve()
        await wait.promise
        await log.append(...change)
      },
    },
  })
  await asked.promise
  return { url: `http://127.0.0.1:${port}`, starting, wait }
}

test('is not ready before the first project and key exist', async () => {
  const { url, starting, wait } = await startSlowly()
  const ready = async () => {
    const answer = await fetch(`${url}/readyz`)
    return { status: answer.status, body: await answer.json() }
  }

  const before = await ready()
  wait.resolve()
  const server = await starting
  const after = await ready()
  await server.close()

  expect(before).toMatchObject({
    status: 503,
    body: { ready: false, problem: 'The server is starting.' },
  })
  expect(after).toMatchObject({ status: 200, body: { ready: true } })
})

test('delivers what it has accepted when its start fails', async () => {
  const memory = createMemory()
  const before = await startTestServer({}, createMemoryStores(memory))
  const key = await before.makeKey('server', 'production')
  await before.ask('POST', 'flags', { body: { key: 'a' } })
  const { body } = await before.ask<{ flags: Record<string, { revision: number }> }>(
    'GET',
    '/sdk/v1/ruleset',
    { key },
  )
  await before[Symbol.asyncDispose]()
  const statuses = [500, 202]
  const receiver = createServer((request, response) => {
    const answered = () => receiver.emit('answered')
    request.resume().on('end', () => response.writeHead(statuses.shift() ?? 500).end(answered))
  })
  onTestFinished(() => void receiver.close())
  const { url, starting, wait } = await startSlowly(
    {
      FLAGHOIST_EVENTS_WEBHOOK_URL: `http://127.0.0.1:${await portOf(receiver)}`,
      FLAGHOIST_EVENTS_WEBHOOK_SECRET: `whsec_${'a'.repeat(32)}`,
    },
    memory,
  )
  const failed = expect(starting).rejects.toThrow('the disk is gone')

  const answered = once(receiver, 'answered')
  const { revision } = body.flags.a!
  const exposure = { flag: 'a', variant: 'off', revision, minute: Date.now(), count: 1 }
  await fetch(`${url}/sdk/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      sdk: { id: 'sdk-1', name: 'test/1' },
      batch: { id: 'batch-001', exposures: [{ ...exposure, reason: 'DISABLED' }], outcomes: [] },
    }),
  })
  await answered
  wait.reject(new Error('the disk is gone'))
  await failed

  expect(statuses).toEqual([])
})
