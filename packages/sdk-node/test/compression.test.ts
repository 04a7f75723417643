import { constants, createGzip, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { createFlags } from '../src/index.ts'
import { frame, type Incoming, reply, type Script, startFaultyServer } from './faulty-server.ts'
import { ruleset, until } from './fixtures.ts'

/** Flags over a server that answers by a script. */
async function open(script: Script) {
  const server = await startFaultyServer(script)
  const flags = createFlags({ url: server.url, key: 'k', pollIntervalMs: 1_000 })
  onTestFinished(async () => {
    await flags.close()
    await server.stop()
  })
  return { server, flags }
}

const head = (type: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n`

const isStream = ({ path }: Incoming) => path.startsWith('/sdk/v1/stream')

test('a polled ruleset may be compressed with gzip', async () => {
  const bytes = gzipSync(JSON.stringify(ruleset(1, true)))
  const { server, flags } = await open((request) => {
    if (isStream(request)) return reply(request, 501, '{}')
    request.socket.end(Buffer.concat([Buffer.from(head('application/json')), bytes]))
  })
  await until('the ruleset is polled', () => flags.status().transport === 'poll')

  expect(flags.isEnabled('new-checkout')).toBe(true)
  expect(server.asked.map(({ headers }) => headers['accept-encoding'])).toContain('gzip')
})

test('a ruleset that is cut inside its compression is refused, and the next one is used', async () => {
  const bytes = gzipSync(JSON.stringify(ruleset(1, true)))
  let polls = 0
  const { flags } = await open((request) => {
    if (isStream(request)) return reply(request, 501, '{}')
    polls += 1
    const part = polls === 1 ? bytes.subarray(0, -20) : bytes
    request.socket.end(Buffer.concat([Buffer.from(head('application/json')), part]))
  })
  await until('a whole ruleset is polled', () => flags.isEnabled('new-checkout'), 30_000)

  expect(polls).toBeGreaterThan(1)
})

test('a stream that a proxy compresses is applied event by event', async () => {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  const { flags } = await open((request) => {
    request.socket.write(head('text/event-stream'))
    gzip.pipe(request.socket)
    gzip.write(frame('put', ruleset(1, false)))
  })
  expect(await flags.ready()).toEqual({ status: 'live' })
  expect(flags.isEnabled('new-checkout')).toBe(false)
  gzip.write(frame('put', ruleset(2, true)))
  await until('the second event is applied', () => flags.isEnabled('new-checkout'))
})

test('a compressed stream ends like any other, though its gzip member has no end', async () => {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  const { server, flags } = await open((request, n) => {
    if (n > 0) return
    request.socket.write(head('text/event-stream'))
    gzip.on('data', (bytes) => request.socket.write(bytes))
    gzip.write(frame('put', ruleset(1, true)))
  })
  await flags.ready()
  server.asked[0]!.socket.end()
  await until('the stream is asked for again', () => server.asked.length > 1, 10_000)

  expect(flags.status().lastError).toBeUndefined()
})
