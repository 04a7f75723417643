import { describe, expect, expectTypeOf, test } from 'vitest'
import * as api from './index.ts'
import { createTestFlags } from './test-flags.ts'

describe('test flags', () => {
  test('answer with what was set, and with the fallback otherwise', async () => {
    const flags = createTestFlags({ 'new-checkout': true, theme: 'dark', limits: { max: 3 } })

    expect(flags.isEnabled('new-checkout')).toBe(true)
    expect(flags.isEnabled('unknown')).toBe(false)
    expect(flags.isEnabled('unknown', {}, true)).toBe(true)
    expect(flags.isEnabled('theme')).toBe(false)
    expect(flags.value('theme', 'light')).toBe('dark')
    expect(flags.value('limits', { max: 1 })).toEqual({ max: 3 })
    expect(flags.details('theme', 1)).toMatchObject({ value: 1, errorCode: 'TYPE_MISMATCH' })
    expect(flags.for({ targetingKey: 'ada' }).isEnabled('new-checkout')).toBe(true)
    expect(await flags.ready()).toEqual({ status: 'live' })
  })

  test('tell of changes, until the listener leaves', () => {
    const flags = createTestFlags()
    const seen: unknown[] = []
    const leave = flags.on('change', ({ flags: keys }) => seen.push(keys))

    flags.set({ 'new-checkout': true })
    leave()
    flags.set({ theme: 'dark' })

    expect(seen).toEqual([['new-checkout']])
    expect(flags.isEnabled('new-checkout')).toBe(true)
  })
})

describe('outcomes of code under test', () => {
  test('are written down in order', () => {
    const flags = createTestFlags({ 'new-prices': true })
    const mine = flags.for({ targetingKey: 'ada' })
    const broken = new Error('broken')

    mine.track('checkout-ms', 12)
    mine.error(broken)
    mine.fail('theme', broken)

    expect(flags.outcomes).toStrictEqual([
      { metric: 'checkout-ms', value: 12 },
      { metric: 'error', error: broken },
      { metric: 'error', flag: 'theme', error: broken },
    ])
  })

  test('hold what a guard has caught; without a flag the old path runs', async () => {
    const flags = createTestFlags({ 'new-prices': true })
    const broken = new Error('broken')
    const fails = async (): Promise<string> => {
      throw broken
    }

    expect(
      flags.guard(
        'new-prices',
        () => 'new',
        () => 'old',
      ),
    ).toBe('new')
    expect(
      flags.guard(
        'unknown',
        () => 'new',
        () => 'old',
      ),
    ).toBe('old')
    expect(await flags.guard('new-prices', fails, async () => 'old')).toBe('old')

    expect(flags.outcomes).toStrictEqual([{ metric: 'error', flag: 'new-prices', error: broken }])
  })
})

describe('types', () => {
  test('take any key and widen the fallback while no flags are declared', () => {
    const flags = createTestFlags()

    expectTypeOf(flags.isEnabled('anything')).toEqualTypeOf<boolean>()
    expectTypeOf(flags.value('theme', 'light')).toEqualTypeOf<string>()
    expectTypeOf(flags.value('limit', 3)).toEqualTypeOf<number>()
    expectTypeOf(flags.details('beta', false).value).toEqualTypeOf<boolean>()
    // @ts-expect-error A fallback is data.
    flags.value('theme', () => 'light')
  })
})

test('the package exports what it always has', () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "FlaghoistError",
      "checkOptions",
      "clientError",
      "clientErrors",
      "createClient",
      "createTestFlags",
      "cursorOf",
      "isFlaghoistError",
      "jsonText",
      "mergeContexts",
    ]
  `)
})
