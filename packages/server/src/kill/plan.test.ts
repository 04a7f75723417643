import { editedLayers, resolveLayers } from '@flaghoist/core/model'
import type { Kill } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { BASE, flag, givenShop, NOW, on, outcomeOf, writeOf } from '../../test/shop.ts'
import type { Projects } from '../projects/projects.ts'
import { killedScopes, planKill, planKillByTag, planRestore } from './plan.ts'
import { type KillSelector, selectTargets } from './select.ts'

const kill: Kill = { at: NOW, by: 'Ada', reason: 'Checkout answers 500.' }

const killTheme = (projects: Projects, scopes: readonly string[], by = kill) =>
  projects.commit(
    ...writeOf((state) =>
      planKill(
        state,
        scopes.map((scope) => ({ flag: 'theme', scope })),
        by,
      ),
    ),
  )

const restoreTheme = (projects: Projects, scopes?: readonly string[], scope?: string) =>
  projects.commit(
    ...writeOf((state) => planRestore(state, 'theme', scopes, scope), scope ? { scope } : {}),
  )

const theme = (projects: Projects) => projects.get('shop').state.flags.get('theme')!
const isKilled = (projects: Projects, scope: string) =>
  resolveLayers(theme(projects), scope).configuration.killed === true

describe('a kill', () => {
  test('holds in its scope and in all within, whatever they set', async () => {
    const { projects } = await givenShop()
    await projects.commit(...writeOf([on('theme', 'production/acme', { on: true })]))

    await killTheme(projects, ['production'])

    expect(isKilled(projects, 'production')).toBe(true)
    expect(isKilled(projects, 'production/acme')).toBe(true)
    expect(isKilled(projects, 'staging')).toBe(false)
  })

  test('keeps what its layer sets besides', async () => {
    const { projects } = await givenShop()

    await killTheme(projects, ['*'])

    expect(theme(projects).layers['*']).toEqual({ ...BASE, killed: kill })
  })

  test('of a killed flag changes nothing, and keeps the first author', async () => {
    const { projects } = await givenShop()
    await killTheme(projects, ['*'])

    const again = outcomeOf(await killTheme(projects, ['*', '*'], { ...kill, by: 'Bob' }))

    expect(again).toMatchObject({ version: 2, change: undefined })
    expect(theme(projects).layers['*']!.killed).toEqual(kill)
  })

  test('of an unknown flag says so', async () => {
    const { projects } = await givenShop()

    await expect(
      projects.commit(...writeOf((state) => planKill(state, [{ flag: 'thme', scope: '*' }], kill))),
    ).rejects.toMatchObject({ code: 'ENTITY_NOT_FOUND' })
  })
})

describe('a restore', () => {
  test('takes every kill of the flag back, and leaves the layers as they were', async () => {
    const { projects } = await givenShop()
    const before = theme(projects)
    await killTheme(projects, ['*', 'production', 'staging'])

    await restoreTheme(projects)

    expect(theme(projects)).toEqual(before)
    expect(outcomeOf(await restoreTheme(projects))).toMatchObject({ version: 3, change: undefined })
  })

  test('takes back only the kills that it names', async () => {
    const { projects } = await givenShop()
    await killTheme(projects, ['production', 'staging'])

    await restoreTheme(projects, ['staging'])

    expect(killedScopes(theme(projects))).toEqual(['production'])
  })

  test('takes back only the kills within the scope of its key', async () => {
    const { projects } = await givenShop()
    await killTheme(projects, ['production/acme', 'staging'])

    await restoreTheme(projects, undefined, 'production')

    expect(killedScopes(theme(projects))).toEqual(['staging'])
  })

  const acme = 'production/acme'
  test.for([
    ['names a scope', ['production', acme], [acme], undefined],
    ['names a scope without a kill of its own', ['production'], [acme], undefined],
    ['a key of a scope sends', ['production', acme], undefined, acme],
    ['a key of a scope without a kill of its own sends', ['production'], undefined, acme],
  ] as const)('that %s, in which a wider kill holds, says so', async (row) => {
    const [, killed, scopes, bound] = row
    const { projects } = await givenShop()
    await killTheme(projects, killed)

    await expect(restoreTheme(projects, scopes, bound)).rejects.toMatchObject({
      code: 'NOT_ON_SCOPE',
      message:
        'The flag "theme" stays killed in production/acme, because it is killed for production.',
    })
    expect(isKilled(projects, 'production/acme')).toBe(true)
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
        const { projects, stores } = await givenShop()
        const before = theme(projects)
        for (const wanted of kills) {
          await killTheme(projects, wanted)
          const once = projects.get('shop').state
          await killTheme(projects, wanted)
          expect(projects.get('shop').state).toBe(once)
        }

        await restoreTheme(projects)

        expect(theme(projects)).toEqual(before)
        await stores.close()
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
      const { projects } = await givenShop()

      const { change } = outcomeOf(
        await projects.commit(
          ...writeOf(
            (state) => planKillByTag(state, selectTargets(state, selector, scope), kill),
            scope ? { scope } : {},
          ),
        ),
      )

      const { flags = [], scopes = [] } = change ? editedLayers(change.edits[0]!)! : {}
      const layers = flags.flatMap((key) => scopes.map((one) => `${key}@${one}`))
      expect(layers.sort()).toEqual(expected)
      expect(change?.edits ?? []).toHaveLength(expected.length === 0 ? 0 : 1)
    },
  )

  test('leaves permanent and archived flags alone', async () => {
    const { projects } = await givenShop()
    await projects.commit(
      ...writeOf([flag('theme', { permanent: true }), flag('new-checkout', { archivedAt: NOW })]),
    )

    expect(selectTargets(projects.get('shop').state, { flagTags: {} }, undefined)).toEqual({
      flags: [],
      scopes: ['*'],
    })
  })
})
