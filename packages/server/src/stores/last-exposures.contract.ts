import { expect, test } from 'vitest'
import type { LastExposureQuery } from './event-store.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

const MINUTE = 60_000
const ada = '00000000000000aa'
const CELL = {
  ...{ flag: 'theme', scope: 'production', revision: 1, attempt: 1, variant: 'dark' },
  ...({ arm: 'treatment', split: '' } as const),
}
const exposure = (minute: number, parts: object = {}) =>
  ({ ...CELL, reason: 'SPLIT', minute: minute * MINUTE, count: 1, units: [], ...parts }) as const

/** The promises of the last exposures of every event store. */
export function describeLastExposures(name: string, makeFixture: () => StoresFixture): void {
  test(`the ${name} event store knows the last exposure in each scope`, async () => {
    const { log, events } = (await openForTest(makeFixture)).stores
    await log.create('shop')
    const later = { revision: 2, attempt: 2, variant: 'light' }
    const acme = { scope: 'production/acme' }
    await events.add('shop', {
      ...{ id: 'batch-1', at: 50 * MINUTE, maxMetrics: 1 },
      exposures: [
        exposure(3, { units: [ada] }),
        exposure(25, later),
        exposure(31, acme),
        exposure(9, { ...acme, variant: '', arm: '', reason: 'DISABLED' }),
        exposure(31, { scope: 'productions' }),
        exposure(40, { flag: 'new-checkout' }),
      ],
      // An outcome of an exposed unit is no exposure.
      outcomes: [{ ...CELL, metric: 'error', minute: 50 * MINUTE, units: [ada] }],
    })

    const last = async (query: Partial<LastExposureQuery> = {}) => {
      const found = await events.lastExposures('shop', { flag: 'theme', from: 0, ...query })
      return found.map(({ scope, minute }) => [scope, minute / MINUTE])
    }
    const within = 'production'
    expect(await last()).toEqual([
      ['production/acme', 31],
      ['productions', 31],
      ['production', 25],
    ])
    expect(await last({ within })).toEqual([
      ['production/acme', 31],
      ['production', 25],
    ])
    expect(await last({ within, from: 26 * MINUTE })).toEqual([['production/acme', 31]])
    expect(await last({ flag: 'none' })).toEqual([])
  })
}
