import { describe, expect, test } from 'vitest'
import { networkOf } from '../src/http/client-address.ts'
import { createMinuteCounts } from '../src/http/minute-counts.ts'
import { startTestServer, type TestServer } from './http-server.ts'
import { openStreamClient } from './stream-client.ts'

const RULESET = '/sdk/v1/ruleset'
const BEHIND_PROXY = { FLAGHOIST_CLIENT_ADDRESS_HEADER: 'X-Real-IP' }

/** Sends requests for the ruleset from an address, and returns their statuses. */
async function statusesFrom(server: TestServer, key: string, addresses: readonly string[]) {
  const statuses: number[] = []
  for (const address of addresses) {
    const headers = { 'x-real-ip': address }
    statuses.push((await server.ask('GET', RULESET, { key, headers })).status)
  }
  return statuses
}

describe('the limit of a client key', () => {
  test('is one for each address, so that a stranger cannot use it up for others', async () => {
    await using server = await startTestServer({ ...BEHIND_PROXY, FLAGHOIST_RATE_LIMIT: '2' })
    const key = await server.makeKey('client', 'production')

    const stranger = await statusesFrom(server, key, Array<string>(5).fill('203.0.113.9'))
    const other = await statusesFrom(server, key, ['198.51.100.1'])

    expect(stranger).toEqual([200, 200, 429, 429, 429])
    expect(other).toEqual([200])
  })

  test('is wide for all addresses together, and refused requests use up none of it', async () => {
    await using server = await startTestServer({ ...BEHIND_PROXY, FLAGHOIST_RATE_LIMIT: '1' })
    const key = await server.makeKey('client', 'production')
    await statusesFrom(server, key, Array<string>(30).fill('203.0.113.9'))

    const others = Array.from({ length: 20 }, (_, i) => `198.51.100.${i}`)

    expect(await statusesFrom(server, key, others)).toEqual([...Array(19).fill(200), 429])
  })

  test('says how long to wait', async () => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '1' })
    const key = await server.makeKey('client', 'production')
    await server.ask('GET', RULESET, { key })

    const refused = await server.ask('GET', RULESET, { key })

    expect(refused.body).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
  })

  test('lets every client confirm the ruleset that it holds', async () => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '1' })
    const key = await server.makeKey('client', 'production')
    const { headers } = await server.ask('GET', RULESET, { key })
    const held = { key, headers: { 'if-none-match': headers.get('etag')! } }

    const statuses = [
      await server.ask('GET', RULESET, held),
      await server.ask('GET', RULESET, held),
    ]

    expect(statuses.map(({ status }) => status)).toEqual([304, 304])
    expect((await server.ask('GET', RULESET, { key })).status).toBe(429)
  })
})

describe('requests without a valid key', () => {
  test('are limited by address, whatever key they make up, and leave valid keys alone', async () => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '3' })
    const paths = ['flags', 'flags/a/kill', '/sdk/v1/ruleset', '/sdk/v1/stream', 'flags']

    const statuses: number[] = []
    for (const [i, path] of paths.entries()) {
      const method = path.endsWith('kill') ? 'POST' : 'GET'
      statuses.push((await server.ask(method, path, { key: `fh_client_made-up-${i}` })).status)
    }

    expect(statuses).toEqual([401, 401, 401, 429, 429])
    expect((await server.ask('GET', 'flags')).status).toBe(200)
  })

  test.for([
    '/nothing',
    '/sdk/v1/nothing',
    '/ofrep/v1/nothing',
    '/errors',
    '/ofrep/v1/stream?token=x',
  ])('are limited by address: %s', async (path) => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '1' })
    await fetch(server.url + path)

    const response = await fetch(server.url + path)

    expect(response.status).toBe(429)
    expect(response.headers.has('retry-after')).toBe(true)
  })

  test('never take a server out of rotation', async () => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '1' })
    for (const _ of [1, 2, 3]) await fetch(`${server.url}/nothing`)

    const health = await Promise.all(
      ['/livez', '/readyz', '/livez', '/readyz'].map((path) => fetch(server.url + path)),
    )

    expect(health.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })
})

test('a kill is never limited', async () => {
  await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '2' })
  await server.ask('POST', 'flags', { body: { key: 'a' } })
  for (const _ of [1, 2, 3]) await server.ask('GET', 'flags')
  expect((await server.ask('GET', 'flags')).status).toBe(429)

  const killed = await server.ask('POST', 'flags/a/kill', { body: { reason: 'It is broken' } })

  expect(killed.status).toBe(200)
})

describe('the address of a request', () => {
  test.for([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::'],
    ['2001:db8::1', '2001:db8:0:0::'],
    ['::1', '0:0:0:0::'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::'],
    ['fe80::1%eth0', 'fe80:0:0:0::'],
  ] as const)('%s counts as %s', ([address, network]) => {
    expect(networkOf(address)).toBe(network)
  })

  test.for([
    ['X-Forwarded-For', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['X-Forwarded-For', '198.51.100.1, 203.0.113.9:4711', '203.0.113.9'],
    ['X-Real-IP', '[2001:db8:1:2::9]:4711', '2001:db8:1:2:ffff::1'],
  ] as const)('is read from %s: %s', async ([name, first, second]) => {
    await using server = await startTestServer({
      FLAGHOIST_CLIENT_ADDRESS_HEADER: name,
      FLAGHOIST_RATE_LIMIT: '1',
    })
    const from = (address: string) =>
      fetch(`${server.url}/nothing`, { headers: { [name]: address } })

    const statuses = [await from(first), await from(second), await from('192.0.2.1')]

    expect(statuses.map(({ status }) => status)).toEqual([404, 429, 404])
  })

  test('is read from no header unless one is configured', async () => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '1' })
    const from = (address: string) =>
      fetch(`${server.url}/nothing`, {
        headers: { 'x-forwarded-for': address, 'x-real-ip': address },
      })

    const statuses = [await from('192.0.2.1'), await from('192.0.2.2')]

    expect(statuses.map(({ status }) => status)).toEqual([404, 429])
  })
})

describe('the streams of a client key', () => {
  test('are limited by address', async () => {
    const settings = { ...BEHIND_PROXY, FLAGHOIST_STREAMS_PER_ADDRESS: '2' }
    await using server = await startTestServer(settings)
    const key = await server.makeKey('client', 'production')
    const open = (address: string, secret = key) =>
      openStreamClient(server.url, secret, { headers: { 'x-real-ip': address } })
    const streams = [await open('203.0.113.9'), await open('203.0.113.9')]

    const refused = await fetch(`${server.url}/sdk/v1/stream`, {
      headers: { authorization: `Bearer ${key}`, 'x-real-ip': '203.0.113.9' },
    })

    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ code: 'STREAM_LIMIT' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    streams.push(await open('198.51.100.1'))
    const serverKey = await server.makeKey('server', 'production')
    for (const _ of [1, 2, 3]) streams.push(await open('203.0.113.9', serverKey))
    for (const stream of streams) stream.close()
  })
})

describe('the counts of a minute', () => {
  test('restart after a minute of the monotonic clock', () => {
    let clock = 0
    const counts = createMinuteCounts(
      () => 1,
      () => clock,
    )
    const admit = () => counts.admit({ key: 'key', address: '192.0.2.1' })

    expect([admit(), admit(), counts.msLeft()]).toEqual([true, false, 60_000])
    clock = 59_999
    expect([admit(), counts.msLeft()]).toEqual([false, 1])
    clock = 60_000
    expect([admit(), counts.msLeft()]).toEqual([true, 60_000])
  })

  test('leave others alone when a million addresses send a request each', () => {
    const counts = createMinuteCounts(
      () => 60,
      () => 0,
    )
    const sendFrom = (count: number, prefix: string) => {
      let refused = 0
      for (let i = 0; i < count; i += 1)
        if (!counts.admit({ key: undefined, address: `${prefix}:${i.toString(16)}:0::` }))
          refused += 1
      return refused
    }
    const before = process.memoryUsage().arrayBuffers

    expect(sendFrom(1_000_000, '2001:db8')).toBe(0)
    expect(sendFrom(1_000, '2001:db9')).toBe(0)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  })
})
