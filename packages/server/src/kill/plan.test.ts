import { resolve } from '@flaghoist/core/model'
import type { Kill } from '@flaghoist/core/schema'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BASE, flag, givenShop, intent, NOW, on, outcomeOf } from '../../test/shop.ts'
import type { Changes } from '../projects/projects.ts'
import { type KillSelector, killedScopes, planKill, planRestore, selectTargets } from './plan.ts'

const kill: Kill = { at: NOW, by: 'Ada', reason: 'Checkout answers 500.' }

const killTheme = (changes: Changes, scopes: readonly string[], by = kill) =>
  changes.commit(
    intent((state) =>
      planKill(
        state,
        scopes.map((scope) => ({ flag: 'theme', scope })),
        by,
      ),
    ),
  )

const restoreTheme = (changes: Changes, scopes?: readonly string[], scope?: string) =>
  changes.commit(
    intent((state) => planRestore(state, 'theme', scopes, scope), scope ? { scope } : {}),
  )

const theme = (changes: Changes) => changes.project('shop').state.flags.get('theme')!
const isKilled = (changes: Changes, scope: string) =>
  resolve(theme(changes), scope).configuration.killed === true

describe('a kill', () => {
  test('holds in its scope and in all within, whatever they set', async () => {
    const { changes } = await givenShop()
    await changes.commit(intent([on('theme', 'production/acme', { on: true })]))

    await killTheme(changes, ['production'])

    expect(isKilled(changes, 'production')).toBe(true)
    expect(isKilled(changes, 'production/acme')).toBe(true)
    expect(isKilled(changes, 'staging')).toBe(false)
  })

  test('keeps what its layer sets besides', async () => {
    const { changes } = await givenShop()

    await killTheme(changes, ['*'])

    expect(theme(changes).layers['*']).toEqual({ ...BASE, killed: kill })
  })

  test('that is there already changes nothing, also not who did it', async () => {
    const { changes } = await givenShop()
    await killTheme(changes, ['*'])

    const again = outcomeOf(await killTheme(changes, ['*', '*'], { ...kill, by: 'Bob' }))

    expect(again).toMatchObject({ version: 2, change: undefined })
    expect(theme(changes).layers['*']!.killed).toEqual(kill)
  })

  test('of an unknown flag says so', async () => {
    const { changes } = await givenShop()

    await expect(
      changes.commit(intent((state) => planKill(state, [{ flag: 'thme', scope: '*' }], kill))),
    ).rejects.toMatchObject({ code: 'ENTITY_NOT_FOUND' })
  })
})

describe('a restore', () => {
  test('takes every kill of the flag back, and leaves the layers as they were', async () => {
    const { changes } = await givenShop()
    const before = theme(changes)
    await killTheme(changes, ['*', 'production', 'staging'])

    await restoreTheme(changes)

    expect(theme(changes)).toEqual(before)
    expect(outcomeOf(await restoreTheme(changes))).toMatchObject({ version: 3, change: undefined })
  })

  test('takes back only the kills that it names', async () => {
    const { changes } = await givenShop()
    await killTheme(changes, ['production', 'staging'])

    await restoreTheme(changes, ['staging'])

    expect(killedScopes(theme(changes))).toEqual(['production'])
  })

  test('takes back only the kills within the scope of its key', async () => {
    const { changes } = await givenShop()
    await killTheme(changes, ['production/acme', 'staging'])

    await restoreTheme(changes, undefined, 'production')

    expect(killedScopes(theme(changes))).toEqual(['staging'])
  })

  const acme = 'production/acme'
  test.for([
    ['names a scope', ['production', acme], [acme], undefined],
    ['names a scope without a kill of its own', ['production'], [acme], undefined],
    ['comes from a key of a scope', ['production', acme], undefined, acme],
    ['comes from a key of a scope without a kill of its own', ['production'], undefined, acme],
  ] as const)('that %s, in which a wider kill holds, says so', async (row) => {
    const [, killed, scopes, bound] = row
    const { changes } = await givenShop()
    await killTheme(changes, killed)

    await expect(restoreTheme(changes, scopes, bound)).rejects.toMatchObject({
      code: 'NOT_ON_SCOPE',
      message: 'The flag "theme" stays killed in production/acme: it is killed for production.',
    })
    expect(isKilled(changes, 'production/acme')).toBe(true)
  })
})

describe('kills and restores in any order', () => {
  const scopes = fc.uniqueArray(
    fc.constantFrom('*', 'production', 'staging', 'production/acme', 'staging/globex'),
    { minLength: 1 },
  )

  test('are idempotent, and a restore of all leads back to the start', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(scopes, { maxLength: 5 }), async (kills) => {
        const { changes, store } = await givenShop()
        const before = theme(changes)
        for (const wanted of kills) {
          await killTheme(changes, wanted)
          const once = changes.project('shop').state
          await killTheme(changes, wanted)
          expect(changes.project('shop').state).toBe(once)
        }

        await restoreTheme(changes)

        expect(theme(changes)).toEqual(before)
        await store.close()
      }),
      { numRuns: 30 },
    )
  })
})

describe('a kill by tags', () => {
  const everything = ['new-checkout@*', 'theme@*']
  test.for([
    ['flags with a tag', { flagTags: { team: 'checkout' } }, undefined, ['new-checkout@*']],
    ['all flags', { flagTags: {} }, undefined, everything],
    ['no flag that lacks one of the tags', { flagTags: { team: 'web', x: '' } }, undefined, []],
    ['no tag that every object has', { flagTags: { constructor: '' } }, undefined, []],
    [
      'instances with a tag, in every environment',
      { flagTags: { team: 'web' }, instanceTags: { region: 'eu' } },
      undefined,
      ['theme@production/acme', 'theme@staging/acme'],
    ],
    [
      'an environment',
      { flagTags: {}, environments: ['staging'] },
      undefined,
      ['new-checkout@staging', 'theme@staging'],
    ],
    [
      'instances of an environment',
      { flagTags: { team: 'web' }, instanceTags: {}, environments: ['staging'] },
      undefined,
      ['theme@staging/acme', 'theme@staging/globex'],
    ],
    [
      'the scope of the key, where it means everywhere',
      { flagTags: { team: 'web' } },
      'production/acme',
      ['theme@production/acme'],
    ],
    [
      'the scope of the key, where it means a wider one',
      { flagTags: { team: 'web' }, environments: ['production', 'staging'] },
      'production/acme',
      ['theme@production/acme'],
    ],
    [
      'no instance outside the scope of the key',
      { flagTags: { team: 'web' }, instanceTags: {} },
      'production',
      ['theme@production/acme', 'theme@production/globex'],
    ],
  ] satisfies [string, KillSelector, string | undefined, string[]][])(
    'means %s',
    async ([, selector, scope, expected]) => {
      const { changes } = await givenShop()

      const { change } = outcomeOf(
        await changes.commit(
          intent(
            (state) => planKill(state, selectTargets(state, selector, scope), kill),
            scope ? { scope } : {},
          ),
        ),
      )

      expect((change?.edits ?? []).map(({ key }) => key).sort()).toEqual(expected)
    },
  )

  test('leaves permanent and archived flags alone', async () => {
    const { changes } = await givenShop()
    await changes.commit(
      intent([flag('theme', { permanent: true }), flag('new-checkout', { archivedAt: NOW })]),
    )

    expect(selectTargets(changes.project('shop').state, { flagTags: {} }, undefined)).toEqual([])
  })
})
