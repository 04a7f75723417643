import type { Ruleset } from '@flaghoist/core'
import { expect, test } from 'vitest'
import { startOfMinute } from '../src/time.ts'
import { startTestServer } from './http-server.ts'

const KEY = 'Shop:new~Checkout.V2_x-1'

test('flag keys take the characters of other products, on every route', async () => {
  await using server = await startTestServer()
  const path = `flags/${encodeURIComponent(KEY)}`
  const on = { on: true }
  const needs = { key: 'second', prerequisites: [{ flag: KEY, variants: ['on'] }] }

  expect((await server.ask('POST', 'flags', { body: { key: KEY } })).status).toBe(201)
  expect((await server.ask('POST', 'flags', { body: needs })).status).toBe(201)
  expect((await server.ask('PATCH', `${path}/layers/production`, { body: on })).status).toBe(200)
  expect((await server.ask('GET', path)).body).toMatchObject({ key: KEY })
  // A colon and a tilde need no encoding in a path.
  expect((await server.ask('GET', `flags/${KEY}/resolved?scope=production`)).status).toBe(200)

  const key = await server.makeKey('server', 'production')
  const evaluated = `/ofrep/v1/evaluate/flags/${encodeURIComponent(KEY)}`
  expect((await server.ask('POST', evaluated, { key, body: { context: {} } })).body).toMatchObject({
    key: KEY,
    value: true,
  })
  const { body: ruleset } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
  const { revision } = ruleset.flags[KEY]!
  const minute = startOfMinute(Date.now())
  const exposure = { flag: KEY, variant: 'on', reason: 'STATIC', revision, minute, count: 3 }
  const report = {
    sdk: { id: 'sdk-1', name: 'test/1' },
    batch: { id: 'batch-001', exposures: [exposure] },
  }
  expect((await server.ask('POST', '/sdk/v1/events', { key, body: report })).body).toMatchObject({
    accepted: 3,
  })
  const counted = await server.ask('GET', `exposures?flag=${encodeURIComponent(KEY)}`)
  expect(counted.body).toMatchObject({ items: [{ flag: KEY, count: 3 }] })
  expect((await server.ask('POST', `${path}/kill`)).status).toBe(200)
  const all = await server.ask('POST', 'evaluate', { body: { scope: 'production' } })
  expect(all.body).toMatchObject({ items: [{ key: KEY, decision: 'killed' }, { key: 'second' }] })
  for (const search of ['new~checkout', 'New~Checkout']) {
    const { body } = await server.ask('GET', `flags?search=${search}`)
    expect(body).toMatchObject({ items: [{ key: KEY }] })
  }
})

test('flag keys are case-sensitive, and differ by more than case', async () => {
  await using server = await startTestServer()
  await server.ask('POST', 'flags', { body: { key: 'newCheckout' } })

  const other = await server.ask('POST', 'flags', { body: { key: 'newcheckout' } })

  expect(other).toMatchObject({ status: 409, body: { code: 'FLAG_KEY_CASE' } })
  expect((await server.ask('GET', 'flags/newcheckout')).status).toBe(404)
  for (const key of ['', '~a', ':a', 'a/b', 'a@b', 'a b', 'é', 'a'.repeat(101)])
    expect((await server.ask('POST', 'flags', { body: { key } })).status).toBe(400)
})
