import { LIMITS } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { startTestServer } from './http-server.ts'

describe('the lists of a segment', () => {
  test('gain and lose single identifiers, in order and once each', async () => {
    await using server = await startTestServer()
    const body = { key: 'staff', include: ['ada', 'bob'] }
    const created = await server.ask('POST', 'segments', { body })
    const edit = (list: string, changes: object, headers?: Record<string, string>) =>
      server.ask('POST', `segments/staff/${list}`, { body: changes, headers })

    const included = await edit('include', { add: ['cy', 'ada'], remove: ['bob', 'eve'] })
    const excluded = await edit('exclude', { add: ['mallory'] })
    const stale = await edit(
      'include',
      { add: ['dan'] },
      { 'if-match': created.headers.get('etag')! },
    )

    expect(included.body).toMatchObject({ include: ['ada', 'cy'], exclude: [] })
    expect(excluded.body).toMatchObject({ include: ['ada', 'cy'], exclude: ['mallory'] })
    expect(stale.body).toMatchObject({ status: 409, code: 'VERSION_CONFLICT' })
    expect((await edit('include', { add: ['dan'] })).status).toBe(200)
  })

  test('are edited as a change that can be reverted', async () => {
    await using server = await startTestServer()
    await server.ask('POST', 'segments', { body: { key: 'staff', include: ['ada'] } })
    const { headers } = await server.ask('POST', 'segments/staff/include', {
      body: { add: ['bob'] },
    })

    await server.ask('POST', `changes/${headers.get('flaghoist-version')}/revert`)

    expect((await server.ask('GET', 'segments/staff')).body).toMatchObject({ include: ['ada'] })
  })

  test('of a missing segment cannot be edited', async () => {
    await using server = await startTestServer()
    const { body } = await server.ask('POST', 'segments/nope/include', { body: { add: ['ada'] } })
    expect(body).toMatchObject({ status: 404, code: 'ENTITY_NOT_FOUND' })
  })
})

describe('a request body', () => {
  test('holds the longest lists of a segment, and one more is refused with the limit', async () => {
    await using server = await startTestServer()
    const ids = Array.from({ length: LIMITS.segmentList }, () => crypto.randomUUID())

    const created = await server.ask('POST', 'segments', { body: { key: 'all', include: ids } })
    const added = await server.ask('POST', 'segments/all/exclude', { body: { add: ids } })
    const more = await server.ask('POST', 'segments/all/include', { body: { add: ['ada'] } })

    expect([created.status, added.status, more.status]).toEqual([201, 200, 422])
    expect(JSON.stringify(more.body)).toContain(String(LIMITS.segmentList))
  })

  test.for([
    ['as many rules and clauses as a layer may have', LIMITS.clausesPerRule, 1, 10],
    ['rules that fill a ruleset', 1, 79, LIMITS.clauseValueLength],
  ] as const)('holds %s', async ([, clauses, values, length]) => {
    await using server = await startTestServer()
    await server.ask('POST', 'flags', { body: { key: 'targeted' } })
    const listOf = <T>(count: number, make: (i: number) => T) =>
      Array.from({ length: count }, (_, i) => make(i))
    const clause = (rule: number) => ({
      attribute: 'plan',
      op: 'in',
      values: listOf(values, (i) => `${rule}-${i}`.padEnd(length, 'x')),
    })
    const rules = listOf(LIMITS.rules, (rule) => ({
      when: [listOf(clauses, () => clause(rule))],
      serve: { variant: 'on' },
    }))

    const { status } = await server.ask('PUT', 'flags/targeted/layers/production', {
      body: { on: true, fallthrough: { variant: 'off' }, rules },
    })

    expect(JSON.stringify(rules).length).toBeGreaterThan(1024 * 1024)
    expect(status).toBe(200)
  })

  test('holds as many large variants as a flag may have', async () => {
    await using server = await startTestServer()
    const value = 'x'.repeat(LIMITS.valueBytes - 2)
    const variants = Array.from({ length: LIMITS.variants }, (_, i) => ({ key: `v${i}`, value }))

    const created = await server.ask('POST', 'flags', {
      body: { key: 'texts', type: 'string', variants },
    })

    expect(created.status).toBe(201)
  })
})
