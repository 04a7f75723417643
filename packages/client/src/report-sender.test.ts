import { describe, expect, test } from 'vitest'
import { createWorld, START } from '../test/world.ts'
import { createReportSender, type ReportResult } from './report-sender.ts'

function sent() {
  const world = createWorld()
  const results: ReportResult[] = []
  const request = (path: string) =>
    ({ method: 'GET', url: `https://flags.example.com${path}`, headers: { a: 'b' } }) as const
  const send = createReportSender(world.platform, request, 'client-1')
  send({ held: { epoch: 'e1', version: 3 } }, (result) => results.push(result))
  return { world, results, report: world.last('/events') }
}

describe('a report', () => {
  test('is a POST that names its sender', () => {
    const { report } = sent()

    expect(report).toMatchObject({
      method: 'POST',
      headers: { a: 'b', 'content-type': 'application/json' },
    })
    expect(JSON.parse(report.body!)).toMatchObject({
      sdk: { id: 'client-1', name: 'test/1.0.0' },
      held: { epoch: 'e1', version: 3 },
    })
  })

  test.for([
    [202, 'accepted', false],
    [400, 'rejected', false],
    [413, 'rejected', false],
    [302, 'deferred', false],
    [408, 'deferred', false],
    [500, 'deferred', false],
    [401, 'deferred', true],
    [403, 'deferred', true],
    [404, 'deferred', true],
    [429, 'deferred', true],
  ] as const)('with status %i is %s', ([status, kind, isUnwanted]) => {
    const { report, results } = sent()
    report.reply(status, {})

    expect(results).toMatchObject([{ kind, isUnwanted }])
  })

  test.for([
    [503, undefined, 10_000],
    [401, undefined, 60_000],
    [429, '120', 120_000],
  ] as const)('with status %i and Retry-After %s waits for %i ms', ([status, header, waitMs]) => {
    const { report, results } = sent()
    report.reply(status, {}, header === undefined ? {} : { 'retry-after': header })

    expect(results).toMatchObject([{ kind: 'deferred', waitMs }])
  })

  test('with a date in Retry-After waits by the clock of the server', () => {
    const { report, results } = sent()
    const yesterday = START - 24 * 60 * 60_000
    const date = (ms: number) => new Date(ms).toUTCString()
    report.reply(429, {}, { 'retry-after': date(yesterday + 90_000), date: date(yesterday) })

    expect(results).toMatchObject([{ kind: 'deferred', waitMs: 90_000 }])
  })

  test('without a response is deferred after ten seconds, and aborted', async () => {
    const { world, report, results } = sent()
    await world.pass(9_999)
    expect(results).toEqual([])
    await world.pass(1)

    expect(results).toMatchObject([{ kind: 'deferred', isUnwanted: false }])
    expect(report.isOpen).toBe(false)
  })
})
