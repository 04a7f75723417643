import { hashIdentifier, type Ruleset } from '@flaghoist/core'
import { bucketOfIdentifier, isSampled } from '@flaghoist/core/internal'
import { expect, test } from 'vitest'
import { startOfMinute } from '../src/time.ts'
import { startShopServer } from './http-server.ts'

const minute = startOfMinute(Date.now())
const LAYER = 'flags/new-checkout/layers/production/acme'

interface Answer {
  readonly accepted: number
  readonly dropped: number
  readonly samples: Readonly<Record<string, number>>
}

/** A shop that counts ten new users of a rollout per minute, and an SDK that reports all. */
async function givenShop() {
  const server = await startShopServer({ FLAGHOIST_SAMPLE_UNITS: '600' })
  const key = await server.makeKey('server', 'production/acme')
  await server.ask('PUT', LAYER, { body: { on: true, rollout: { percent: 50 } } })
  const { body } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
  const { revision, rollout } = body.flags['new-checkout']!
  const usersOf = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => hashIdentifier(rollout!.salt, `user-${from + i}`))
  const isTreated = (unit: string) => bucketOfIdentifier(unit) < 50_000
  const itemsOf = (units: readonly string[]) =>
    (['treatment', 'control'] as const)
      .map((arm) => ({
        flag: 'new-checkout',
        variant: arm === 'treatment' ? 'on' : 'off',
        arm,
        revision,
        minute,
        units: units.filter((unit) => isTreated(unit) === (arm === 'treatment')),
      }))
      .filter((item) => item.units.length > 0)
  const report = async (batch: object | undefined) => {
    const sdk = { id: 'sdk-1', name: 'test/1' }
    const sent = { sdk, ...(batch && { batch: { id: crypto.randomUUID(), ...batch } }) }
    return (await server.ask<Answer>('POST', '/sdk/v1/events', { key, body: sent })).body
  }
  return {
    server,
    usersOf,
    report,
    expose: (units: readonly string[]) => {
      const items = itemsOf(units)
      const exposures = items.map((item) => ({
        ...item,
        reason: 'SPLIT',
        count: item.units.length,
      }))
      return report({ exposures })
    },
    fail: (units: readonly string[]) =>
      report({ outcomes: itemsOf(units).map((item) => ({ ...item, metric: 'error' })) }),
    sums: async (kind: 'exposures' | 'outcomes') => {
      const found = await server.ask<{ items: { arm: string; units: number }[] }>(
        'GET',
        `${kind}?interval=total`,
      )
      return Object.fromEntries(found.body.items.map(({ arm, units }) => [arm, units]))
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

test('a flood of users is sampled, both arms alike, and the exposed lose no outcome', async () => {
  await using shop = await givenShop()
  const users = shop.usersOf(0, 4_000)
  for (let i = 0; i < users.length; i += 20) await shop.expose(users.slice(i, i + 20))
  const { treatment = 0, control = 0 } = await shop.sums('exposures')
  expect(treatment + control).toBeGreaterThan(50)
  expect(treatment + control).toBeLessThan(200)
  // Of some 110 units with a salt by chance, one draw in 2,500 is below 0.5.
  expect(Math.min(treatment, control) / Math.max(treatment, control)).toBeGreaterThan(0.3)

  const first = users.slice(0, 20)
  expect(first.some((unit) => !isSampled(unit, 16))).toBe(true)
  await shop.fail([...first, ...shop.usersOf(5_000, 5_100).filter((unit) => !isSampled(unit, 16))])

  const failed = await shop.sums('outcomes')
  expect(failed.treatment! + failed.control!).toBe(first.length)
  expect(await shop.sums('exposures')).toEqual({ treatment, control })
})

test('a server that samples nothing yet says so, also to an SDK that only confirms', async () => {
  await using shop = await givenShop()
  expect(await shop.expose(shop.usersOf(0, 5))).toEqual({ accepted: 5, dropped: 0, samples: {} })
  expect(await shop.report(undefined)).toEqual({ accepted: 0, dropped: 0, samples: {} })
})
