import type { Ruleset } from '@flaghoist/core'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN_KEY, startShopServer, startTestServer, type TestServer } from './http-server.ts'
import { scrape } from './scrape.ts'
import { openStreamClient } from './stream-client.ts'

const UNIT = '00000000000000aa'

/** Reports an exposure and the version that an SDK holds. */
function report(server: TestServer, key: string, { batch, ruleset }: Report) {
  const { revision } = ruleset.flags['new-checkout']!
  const cell = { flag: 'new-checkout', variant: 'on', arm: 'treatment', revision }
  const exposure = { ...cell, minute: Date.now(), units: [UNIT], reason: 'SPLIT', count: 1 }
  const { epoch, version, hash } = ruleset
  return server.ask('POST', '/sdk/v1/events', {
    key,
    body: {
      sdk: { id: 'sdk-one', name: 'test/1' },
      held: { epoch, version, hash, ageMs: 0 },
      batch: { id: batch, exposures: [exposure], outcomes: [] },
    },
  })
}

interface Report {
  readonly batch: string
  readonly ruleset: Ruleset
}

test('counts streams, commits, reports and requests as they happen', async () => {
  await using server = await startShopServer()
  const key = await server.makeKey('server', 'production/acme')
  const half = { on: true, rollout: { percent: 50 } }
  await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: half })
  const before = await scrape(server.url)
  const client = await openStreamClient(server.url, key, { sdkId: 'sdk-one' })
  onTestFinished(() => client.close())
  await client.until('the ruleset', () => client.ruleset !== undefined)
  await report(server, key, { batch: 'batch-001', ruleset: client.ruleset! })
  await report(server, key, { batch: 'batch-001', ruleset: client.ruleset! })
  const { version } = client.ruleset!
  await server.ask('POST', 'flags/new-checkout/kill?reason=test')
  await server.ask('PUT', 'flags/unknown/layers/production', { body: { on: true } })
  await client.until('the kill', () => client.ruleset!.version > version)
  await report(server, key, { batch: 'batch-002', ruleset: client.ruleset! })
  for (const path of ['/livez', '/sdk/v1/ruleset', '/no/such-path'])
    await server.ask('GET', path, { key })
  await server.ask('POST', '/ofrep/v1/evaluate/flags/new-checkout', {
    key,
    body: { context: { targetingKey: 'ada' } },
  })
  await server.ask('POST', '/ofrep/v1/evaluate/flags', {
    key,
    body: { context: { targetingKey: 'ada' } },
  })

  const after = await scrape(server.url)

  const grown = (name: string, labels: Record<string, string> = {}) =>
    (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0)
  expect(after.value('flaghoist_streams_open')).toBe(1)
  expect(grown('flaghoist_commits_total', { result: 'committed' })).toBe(1)
  expect(grown('flaghoist_commits_total', { result: 'refused' })).toBe(1)
  expect(grown('flaghoist_commit_duration_seconds_count', { urgent: 'true' })).toBe(1)
  expect(grown('flaghoist_propagation_duration_seconds_count')).toBe(1)
  expect(grown('flaghoist_event_batches_total', { result: 'stored' })).toBe(2)
  expect(grown('flaghoist_event_batches_total', { result: 'duplicate' })).toBe(1)
  expect(grown('flaghoist_event_batch_duration_seconds_count')).toBe(3)
  expect(grown('flaghoist_events_total', { result: 'accepted' })).toBeGreaterThanOrEqual(1)
  expect(grown('flaghoist_request_duration_seconds_count', { area: 'admin' })).toBe(2)
  const requests = 'flaghoist_requests_total'
  expect(grown(requests, { route: '/sdk/v1/events', status: '202' })).toBe(3)
  expect(grown(requests, { route: '/livez', status: '200' })).toBe(1)
  expect(grown(requests, { route: '/sdk/v1/ruleset', status: '200' })).toBe(1)
  expect(grown(requests, { route: '/ofrep/v1/evaluate/flags/:key', method: 'POST' })).toBe(1)
  expect(grown(requests, { route: 'none', status: '404' })).toBe(1)
  expect(grown('flaghoist_evaluations_total', { request: 'one' })).toBe(1)
  const flagCount = Object.keys(client.ruleset!.flags).length
  expect(grown('flaghoist_evaluations_total', { request: 'all' })).toBe(flagCount)
  expect(grown('flaghoist_streams_opened_total')).toBe(1)
  client.close()
  await expect.poll(async () => (await scrape(server.url)).value('flaghoist_streams_open')).toBe(0)
})

test('counts a stream that the server ends as no request', async () => {
  await using server = await startTestServer()
  await server.ask('POST', '/api/v1/projects', { body: { key: 'shop' } })
  const { body } = await server.ask<{ secret: string }>('POST', '/api/v1/projects/shop/keys', {
    body: { name: 'sdk', kind: 'server', scope: 'production' },
  })
  const client = await openStreamClient(server.url, body.secret)
  await client.until('the ruleset', () => client.ruleset !== undefined)

  await server.ask('DELETE', '/api/v1/projects/shop?confirm=shop')
  await client.until('the end', () => client.isClosed)

  const { value } = await scrape(server.url)
  expect(value('flaghoist_streams_opened_total')).toBe(1)
  expect(value('flaghoist_request_duration_seconds_count', { area: 'sdk' })).toBe(0)
  expect(value('flaghoist_requests_total', { route: '/sdk/v1/stream' })).toBeUndefined()
})

test('writes each family once, with help and a type', async () => {
  await using server = await startShopServer()

  const { text, series } = await scrape(server.url)

  const described = [...text.matchAll(/^# HELP (\S+) \S.*\n# TYPE \1 (\w+)$/gm)]
  expect(described.length).toBe(text.match(/^# TYPE/gm)!.length)
  expect(new Set(described.map(([, name]) => name)).size).toBe(described.length)
  for (const [, name, type] of described) expect(name!.endsWith('_total')).toBe(type === 'counter')
  for (const { name, value } of series) expect(value, name).toBeGreaterThanOrEqual(0)
})

test('writes the buckets of histograms as sums that end with the count', async () => {
  await using server = await startShopServer()

  const { series, value } = await scrape(server.url)

  const labels = { urgent: 'false' }
  const name = 'flaghoist_commit_duration_seconds'
  const buckets = series.filter(
    (one) => one.name === `${name}_bucket` && one.labels.urgent === 'false',
  )
  const counts = buckets.map((one) => one.value)
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  expect(buckets.at(-1)!.labels).toEqual({ ...labels, le: '+Inf' })
  expect(counts.at(-1)).toBe(value(`${name}_count`, labels))
  expect(counts.at(-1)).toBeGreaterThanOrEqual(5)
  expect(value(`${name}_sum`, labels)).toBeGreaterThan(0)
})

test('measures the store and the process', async () => {
  await using server = await startTestServer()

  const { value } = await scrape(server.url)

  expect(value('flaghoist_store_writable')).toBe(1)
  expect(value('flaghoist_projects', { state: 'served' })).toBe(1)
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(value('process_cpu_seconds_total')).toBeGreaterThan(0)
  expect(value('process_start_time_seconds')).toBeLessThan(Date.now() / 1_000)
  expect(value('nodejs_eventloop_lag_max_seconds')).toBeGreaterThanOrEqual(0)
  expect(value('nodejs_eventloop_active_seconds_total')).toBeGreaterThan(0)
})

test('names no customer, flag, project or key, and no secret', async () => {
  const token = 'planted-token-of-the-metrics-0000'
  await using server = await startTestServer({ FLAGHOIST_PROJECT: 'planted-project' })
  const at = '/api/v1/projects/planted-project'
  const post = (path: string, body: unknown) => server.ask('POST', `${at}/${path}`, { body })
  await post('instances', { key: 'planted-instance', tags: { planted: 'planted-tag' } })
  await post('flags', { key: 'planted-flag', tags: { team: 'planted-team' } })
  await post('segments', { key: 'planted-segment', name: 'Planted' })
  await server.ask('PUT', `${at}/flags/planted-flag/layers/production/planted-instance`, {
    body: { on: true },
  })
  const made = await post('keys', { name: 'planted-key', kind: 'server', scope: 'production' })
  const key = String(made.body.secret)
  for (const path of ['/sdk/v1/ruleset', '/planted-path', `/livez?token=${token}`])
    await server.ask('GET', path, { key })
  await server.ask('POST', '/ofrep/v1/evaluate/flags/planted-flag', { key, body: {} })

  const { text } = await scrape(server.url)

  expect(text).not.toMatch(/planted/i)
  for (const secret of [key, ADMIN_KEY]) expect(text).not.toContain(secret)
})

test('requires the token of the setting', async () => {
  const token = 'token-of-the-metrics-for-a-test'
  await using server = await startTestServer({ FLAGHOIST_METRICS_TOKEN: token })
  const read = (authorization?: string) =>
    fetch(`${server.url}/metrics`, authorization ? { headers: { authorization } } : {})

  expect((await read(`Bearer ${token}`)).status).toBe(200)
  for (const wrong of [undefined, `Bearer ${token}x`, `Bearer ${ADMIN_KEY}`, token]) {
    const refused = await read(wrong)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ code: 'METRICS_TOKEN_REQUIRED' })
  }
})

test('OpenTelemetry exports the same instruments', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  onTestFinished(() => metrics.disable())
  await using server = await startShopServer()
  await server.ask('POST', 'flags/new-checkout/kill?reason=test')
  const { value } = await scrape(server.url)

  await reader.forceFlush()

  const exported = exporter.getMetrics()[0]!.scopeMetrics[0]!.metrics
  const find = (name: string) => exported.find(({ descriptor }) => descriptor.name === name)
  const committed = find('flaghoist.commits')!.dataPoints.find(
    ({ attributes }) => attributes.result === 'committed',
  )
  expect(committed!.value).toBe(value('flaghoist_commits_total', { result: 'committed' }))
  expect(find('flaghoist.streams.open')!.dataPoints[0]!.value).toBe(0)
  const urgent = find('flaghoist.commit.duration')!.dataPoints.find(
    ({ attributes }) => attributes.urgent === 'true',
  )
  expect(urgent!.value).toMatchObject({ count: 1 })
})
