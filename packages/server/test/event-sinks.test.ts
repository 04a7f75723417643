import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ruleset } from '@flaghoist/core'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventRecord } from '../src/delivery/sinks/event-sink.ts'
import { startShopServer, startTestServer } from './http-server.ts'

const ada = '00000000000000aa'

/** A shop that reports, one batch after the other. */
async function givenShop(settings: Record<string, string>) {
  const server = await startShopServer(settings)
  const key = await server.makeKey('server', 'production/acme')
  await server.ask('PUT', 'flags/new-checkout/layers/production/acme', {
    body: { on: true, rollout: { percent: 50 } },
  })
  const { body } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
  const { revision } = body.flags['new-checkout']!
  const cell = { flag: 'new-checkout', variant: 'on', arm: 'treatment', revision }
  const happened = { ...cell, minute: Date.now(), units: [ada] }
  const report = (id: string) =>
    server.ask('POST', '/sdk/v1/events', {
      key,
      body: {
        sdk: { id: 'sdk-1', name: 'test/1' },
        batch: {
          id,
          exposures: [{ ...happened, reason: 'SPLIT', count: 1 }],
          outcomes: [{ ...happened, metric: 'checkout-ms', buckets: [64] }],
        },
      },
    })
  return { server, report, cell }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flaghoist-sinks-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const idsIn = (lines: string) =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as EventRecord).batch)

describe('a file of events', () => {
  test('has one line for each accepted batch', async () => {
    const path = join(folder(), 'made', 'events.ndjson')
    const { server, report, cell } = await givenShop({ FLAGHOIST_EVENTS_FILE: path })
    for (const id of ['batch-001', 'batch-001', 'batch-002']) await report(id)
    await server[Symbol.asyncDispose]()

    const text = readFileSync(path, 'utf8')
    expect(idsIn(text)).toEqual(['batch-001', 'batch-002'])
    expect(JSON.parse(text.split('\n')[0]!)).toMatchObject({
      project: 'default',
      audience: 'server',
      sdk: { id: 'sdk-1', name: 'test/1' },
      exposures: [{ ...cell, scope: 'production/acme', reason: 'SPLIT', count: 1, units: [ada] }],
      outcomes: [{ ...cell, metric: 'checkout-ms', units: [ada], buckets: [64] }],
    })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is rotated when it is large; the last files are kept, and nothing is lost between them', async () => {
    const dir = folder()
    const { server, report } = await givenShop({
      FLAGHOIST_EVENTS_FILE: join(dir, 'events'),
      FLAGHOIST_EVENTS_FILE_BYTES: '1024',
    })
    const ids = Array.from({ length: 12 }, (_, i) => `batch-${i + 100}`)
    for (const id of ids) {
      await report(id)
      // Each is written before the next: a file holds one or two.
      await expect.poll(() => readFileSync(join(dir, 'events'), 'utf8')).toContain(id)
    }
    await server[Symbol.asyncDispose]()

    const files = readdirSync(dir).sort()
    expect(files).toEqual(['events', 'events.1', 'events.2', 'events.3', 'events.4', 'events.5'])
    const kept = files.toReversed().flatMap((file) => idsIn(readFileSync(join(dir, file), 'utf8')))
    expect(kept).toEqual(ids.slice(-kept.length))
    for (const file of files) expect(statSync(join(dir, file)).size).toBeLessThan(1_024)
  })

  test('fails no report when it cannot be written', async () => {
    const dir = folder()
    const { server, report } = await givenShop({ FLAGHOIST_EVENTS_FILE: dir })
    for (const id of ['batch-001', 'batch-002'])
      expect((await report(id)).body).toMatchObject({ accepted: expect.any(Number), dropped: 0 })
    await server[Symbol.asyncDispose]()
  })
})

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

/** A receiver that fails a given number of times. */
async function startReceiver(failures: number) {
  const got: { headers: IncomingHttpHeaders; body: string }[] = []
  let left = failures
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    got.push({ headers: request.headers, body })
    left -= 1
    response.writeHead(left >= 0 ? 500 : 204).end()
    server.emit('got')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { got, url: `http://127.0.0.1:${port}/hook`, next: () => once(server, 'got') }
}

describe('a webhook', () => {
  test('gets each batch signed, and again under the same id until it accepts it', async () => {
    const { got, url, next } = await startReceiver(1)
    const { server, report } = await givenShop({
      FLAGHOIST_EVENTS_WEBHOOK_URL: url,
      FLAGHOIST_EVENTS_WEBHOOK_SECRET: SECRET,
    })
    const first = next()
    await report('batch-001')
    await first
    await next()
    await report('batch-002')
    await server[Symbol.asyncDispose]()

    const idOf = ({ body }: { body: string }) =>
      (JSON.parse(body) as { data: EventRecord[] }).data.map(({ batch }) => batch)
    expect(got.map(idOf)).toEqual([['batch-001'], ['batch-001'], ['batch-002']])
    const ids = got.map(({ headers }) => headers['webhook-id'])
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[0])
    for (const { headers, body } of got) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      const expected = createHmac('sha256', Buffer.alloc(24, 7)).update(signed).digest('base64')
      expect(headers['webhook-signature']).toBe(`v1,${expected}`)
      expect(JSON.parse(body)).toMatchObject({ type: 'flaghoist.events' })
    }
  })

  test('delays neither a report nor the shutdown when it never responds', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => silent.closeAllConnections())
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as AddressInfo
    const { server, report } = await givenShop({
      FLAGHOIST_EVENTS_WEBHOOK_URL: `http://127.0.0.1:${port}`,
      FLAGHOIST_EVENTS_WEBHOOK_SECRET: SECRET,
    })
    const asked = once(silent, 'request')
    expect((await report('batch-001')).status).toBe(202)
    await asked
    const started = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - started).toBeLessThan(7_000)
  })
})

test('OpenTelemetry measures the free space of the disk', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  onTestFinished(() => metrics.disable())
  await using _ = await startTestServer({
    FLAGHOIST_DATA_DIR: folder(),
  })

  await reader.forceFlush()

  const measured = exporter
    .getMetrics()[0]!
    .scopeMetrics[0]!.metrics.find(({ descriptor }) => descriptor.name === 'flaghoist.disk.free')
  expect(measured!.dataPoints[0]!.value).toBeGreaterThan(0)
})

test('OpenTelemetry counts exposures and outcomes, with the attributes of its conventions', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  onTestFinished(() => metrics.disable())
  const { server, report } = await givenShop({ FLAGHOIST_EVENTS_OTEL: 'true' })
  for (const id of ['batch-001', 'batch-002']) await report(id)
  await server[Symbol.asyncDispose]()
  await reader.forceFlush()

  const [scope] = exporter.getMetrics()[0]!.scopeMetrics
  const ofEvents = ['flaghoist.exposures', 'flaghoist.outcomes', 'flaghoist.measurements']
  const points = scope!.metrics
    .filter(({ descriptor }) => ofEvents.includes(descriptor.name))
    .map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      value: dataPoints[0]!.value,
      attributes: dataPoints[0]!.attributes,
    }))
  const attributes = {
    'feature_flag.key': 'new-checkout',
    'feature_flag.result.variant': 'on',
    'feature_flag.set.id': 'default/production/acme',
    'feature_flag.provider.name': 'flaghoist',
    'flaghoist.arm': 'treatment',
  }
  expect(points).toMatchObject([
    {
      name: 'flaghoist.exposures',
      value: 2,
      attributes: { ...attributes, 'feature_flag.result.reason': 'split' },
    },
    {
      name: 'flaghoist.outcomes',
      value: 2,
      attributes: { ...attributes, 'flaghoist.metric': 'checkout-ms' },
    },
    { name: 'flaghoist.measurements', value: { count: 2, sum: expect.closeTo(2 * 267.3, 0) } },
  ])
})
