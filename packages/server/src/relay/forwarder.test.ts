import { expect, onTestFinished, test, vi } from 'vitest'
import { createForwarder } from './forwarder.ts'
import { openReportQueue, type ReportQueue } from './report-queue.ts'
import type { Relayed } from './upstreams.ts'

const MINUTE = 1_795_766_400_000
const SOURCE = 'relayed-1'

interface SentBatch {
  readonly id: string
  readonly exposures: readonly { readonly flag: string }[]
}

/** The status of a response; `lost` for a request without one. */
type Response = number | 'lost'

async function queueOf(...flags: readonly string[]): Promise<ReportQueue> {
  const queue = openReportQueue(':memory:', { maxBytes: 1_000_000 })
  for (const flag of flags) await addTo(queue, flag)
  return queue
}

function addTo(queue: ReportQueue, flag: string): Promise<boolean> {
  const exposure = { flag, revision: 3, minute: MINUTE, reason: 'STATIC' as const, count: 2 }
  const items = { exposures: [exposure], outcomes: [] }
  return queue.add({ source: SOURCE, id: flag, at: MINUTE, items, events: 2 })
}

/** Starts a forwarder whose upstream sends some responses, and then accepts everything. */
function startForwarder(queue: ReportQueue, ...responses: Response[]) {
  vi.useFakeTimers()
  const batches: SentBatch[] = []
  const upstream: Pick<Relayed['upstream'], 'id' | 'request'> & { platform: object } = {
    id: 'relay-1',
    request: (path) => ({ method: 'GET', url: `https://flags.example.com${path}`, headers: {} }),
    platform: {
      sdk: 'test/1',
      now: Date.now,
      random: () => 0.5,
      schedule: () => () => undefined,
      request(
        { body }: { body: string },
        on: {
          onHead(status: number, header: () => undefined): void
          onText(text: string): void
          onEnd(error?: Error): void
        },
      ) {
        batches.push(JSON.parse(body).batch)
        const response = responses.shift() ?? 202
        if (response !== 'lost') {
          on.onHead(response, () => undefined)
          on.onText('{"samples":{"new-checkout":16}}')
        }
        on.onEnd(response === 'lost' ? new Error('cut off') : undefined)
        return () => undefined
      },
    },
  }
  const errors: unknown[] = []
  const find = () => ({ upstream }) as unknown as Relayed
  const forwarder = createForwarder(queue, find, (error) => errors.push(error))
  onTestFinished(() => {
    forwarder.close()
    vi.useRealTimers()
  })
  forwarder.wake(SOURCE)
  return { forwarder, batches, errors }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('a batch is sent again, under its id, until the upstream has accepted it', async () => {
  const queue = await queueOf('a', 'b')
  const { forwarder, batches } = startForwarder(queue, 503, 'lost', 401)
  await pass(0)
  expect(batches).toHaveLength(1)
  await pass(9_999)
  expect(batches).toHaveLength(1)
  await pass(20_000)
  expect(batches).toHaveLength(3)
  // Only a person can replace a refused key.
  await pass(50_000)
  expect([batches.length, forwarder.counts.forwarded]).toEqual([3, 0])
  await pass(10_000)
  expect(forwarder.counts).toEqual({ forwarded: 4, refused: 0 })
  expect(new Set(batches.map((batch) => JSON.stringify(batch))).size).toBe(1)
  expect(batches[0]!.exposures.map(({ flag }) => flag)).toEqual(['a', 'b'])
  expect([queue.bytes, queue.sources()]).toEqual([0, []])
})

test('a batch that the upstream refuses for good is counted, and holds up no other', async () => {
  const queue = await queueOf('a')
  queue.next(SOURCE) // The next report belongs to another batch.
  await addTo(queue, 'b')
  const { forwarder, batches } = startForwarder(queue, 400)
  await pass(1)
  expect(forwarder.counts).toEqual({ forwarded: 2, refused: 2 })
  expect(batches.map(({ exposures }) => exposures.map(({ flag }) => flag))).toEqual([['a'], ['b']])
  expect(queue.bytes).toBe(0)
})

test('an error of the queue is reported, and the same batch is sent again', async () => {
  const queue = await queueOf('a')
  const end = vi.spyOn(queue, 'end').mockImplementationOnce(() => {
    throw new Error('disk full')
  })
  const { forwarder, batches, errors } = startForwarder(queue)
  await pass(0)
  expect(errors).toEqual([new Error('disk full')])
  expect(forwarder.counts.forwarded).toBe(0)
  await pass(10_000)
  expect(forwarder.counts.forwarded).toBe(2)
  expect(batches.map(({ id }) => id)).toEqual([batches[0]!.id, batches[0]!.id])
  expect(end).toHaveBeenCalledTimes(2)
  expect(errors).toHaveLength(1)
})

test('samples of the last response stay until the next one', async () => {
  const queue = await queueOf('a')
  const { forwarder } = startForwarder(queue, 202)
  expect(forwarder.samplesOf(SOURCE)).toEqual({})
  await pass(0)
  expect(forwarder.samplesOf(SOURCE)).toEqual({ 'new-checkout': 16 })
  expect(forwarder.samplesOf('relayed-2')).toEqual({})
})

test('nothing is sent after the close', async () => {
  const queue = await queueOf('a')
  const { forwarder, batches } = startForwarder(queue, 503)
  await pass(0)
  forwarder.close()
  await pass(120_000)
  expect(batches).toHaveLength(1)
})
