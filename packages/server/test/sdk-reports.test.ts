import { createFlags } from '@flaghoist/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestServer } from './http-server.ts'

interface Row {
  readonly variant: string
  readonly arm: string
  readonly split: string
  readonly reason: string
  readonly count: number
  readonly units: number
}

/** A server with one flag, and an SDK that has its ruleset. */
async function given(flag: object, layer: object) {
  // A sample would count a part of the units of a burst.
  const server = await startTestServer({ FLAGHOIST_SAMPLE_UNITS: '0' })
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.ask('POST', 'flags', { body: { key: 'theme', ...flag } })
  const { status } = await server.ask('PATCH', 'flags/theme/layers/production', { body: layer })
  expect(status).toBe(200)
  const key = await server.makeKey('server', 'production')
  const flags = createFlags({ url: server.url, key })
  onTestFinished(() => flags.close())
  expect(await flags.ready()).toEqual({ status: 'live' })
  const rows = async (kind: string) =>
    (await server.ask<{ items: Row[] }>('GET', `${kind}?interval=total`)).body.items
  return { flags, rows }
}

test('a burst of 100,000 units reaches a healthy server, each of them, without a warning', {
  timeout: 60_000,
}, async () => {
  const warn = vi.spyOn(process, 'emitWarning')
  const { flags, rows } = await given(
    {},
    { on: true, fallthrough: { variant: 'off' }, rollout: { percent: 50 } },
  )

  for (let i = 0; i < 100_000; i += 1) flags.isEnabled('theme', { targetingKey: `user-${i}` })
  // A flush ends after five seconds at most, also where there is more to send.
  await vi.waitFor(
    async () => {
      await flags.flush()
      const units = (await rows('exposures')).reduce((sum, row) => sum + row.units, 0)
      expect(units).toBe(100_000)
    },
    { timeout: 50_000, interval: 100 },
  )

  expect(flags.status()).toMatchObject({ droppedExposures: 0, droppedOutcomes: 0 })
  expect(warn).not.toHaveBeenCalled()
})

test('the variants of a split can be compared, and a rule beside it is only counted', async () => {
  const staff = { attribute: 'email', op: 'endsWith', values: ['@acme.example'] }
  const { flags, rows } = await given(
    {
      type: 'string',
      variants: ['a', 'b', 'c'].map((key) => ({ key, value: key.toUpperCase() })),
    },
    {
      on: true,
      rules: [{ when: [[staff]], serve: { variant: 'c' } }],
      fallthrough: { weights: { a: 40_000, b: 40_000, c: 20_000 } },
    },
  )
  for (let i = 0; i < 300; i += 1) {
    const mine = flags.for({ targetingKey: `user-${i}` })
    if (mine.value('theme', '') === 'B') mine.track('paid')
    flags.value('theme', '', { email: `${i}@acme.example` })
  }
  await flags.flush()

  const exposures = await rows('exposures')
  const randomised = exposures.filter(({ reason }) => reason === 'SPLIT')
  expect(randomised.map(({ variant, arm }) => variant + arm)).toEqual(['a', 'b', 'c'])
  expect(randomised.reduce((sum, { units }) => sum + units, 0)).toBe(300)
  expect(exposures.filter(({ reason }) => reason !== 'SPLIT')).toMatchObject([
    { variant: 'c', reason: 'TARGETING_MATCH', count: 300, units: 0 },
  ])
  expect(await rows('outcomes')).toMatchObject([
    { variant: 'b', arm: '', metric: 'paid', units: randomised[1]!.units },
  ])
})

test('the variants of two splits of a flag are counted apart', async () => {
  const weights = { on: 50_000, off: 50_000 }
  const when = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]
  const layer = {
    on: true,
    rules: [{ id: 'pro', when, serve: { weights } }],
    fallthrough: { weights },
  }
  const { flags, rows } = await given({}, layer)
  for (let i = 0; i < 100; i += 1) {
    const mine = flags.for({ targetingKey: `user-${i}`, plan: i < 40 ? 'pro' : 'free' })
    mine.isEnabled('theme')
    mine.track('paid')
  }
  await flags.flush()

  for (const kind of ['exposures', 'outcomes']) {
    const units = new Map<string, number>()
    for (const row of await rows(kind))
      units.set(row.split, row.units + (units.get(row.split) ?? 0))
    expect(Object.fromEntries(units)).toEqual({ 'rule:pro': 40, fallthrough: 60 })
  }
})
