import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BASE,
  environment,
  flag,
  givenShop,
  instance,
  intent,
  NOW,
  on,
  openShop,
  outcomeOf,
  rulesetsOf,
  segment,
} from '../../test/shop.ts'
import type { Changes } from '../projects/projects.ts'
import { exportProject, type ImportMode, ProjectFile, planImport } from './project-file.ts'

const state = (changes: Changes) => changes.project('shop').state
const exported = (changes: Changes) => exportProject(state(changes))

const load = async (changes: Changes, file: ProjectFile, mode: ImportMode) =>
  outcomeOf(await changes.commit(intent((now) => planImport(now, file, mode, NOW))))

/** A new project with nothing in it but its name. */
async function givenEmpty() {
  const { changes, store } = await openShop()
  const project = { key: 'shop', name: 'New' }
  await changes.createProject(intent([{ kind: 'project', key: 'shop', after: project }]))
  return { changes, store }
}

describe('an exported project', () => {
  test('has everything but API keys', async () => {
    const { changes } = await givenShop()
    const key = {
      id: 'k',
      name: 'CI',
      kind: 'server',
      hash: 'a'.repeat(64),
      prefix: 'fh',
      project: 'shop',
      createdAt: NOW,
    } as const
    await changes.commit(intent([{ kind: 'apiKey', key: 'k', after: key }]))

    const file = exported(changes)

    expect(Object.keys(file)).toEqual([
      'flaghoist',
      'project',
      'environments',
      'instances',
      'segments',
      'flags',
    ])
    expect(file.flags.map((it) => it.key)).toEqual(['new-checkout', 'theme'])
    expect(JSON.stringify(file)).not.toContain('aaaa')
    expect(ProjectFile.parse(file)).toEqual(file)
  })

  test('has the same bytes whichever way it came to be', async () => {
    const [one, other] = [await givenShop(), await givenShop()]
    const edits = [on('theme', 'staging', { on: false }), on('theme', 'production', { on: true })]
    await one.changes.commit(intent(edits))
    await other.changes.commit(intent([edits[1]!]))
    await other.changes.commit(intent([environment('uat')]))
    await other.changes.commit(intent([{ kind: 'environment', key: 'uat', after: null }]))
    await other.changes.commit(intent([edits[0]!]))

    expect(JSON.stringify(exported(other.changes))).toBe(JSON.stringify(exported(one.changes)))
  })

  test('makes the same rulesets in a new project', async () => {
    const layers = fc.dictionary(
      fc.constantFrom('production', 'staging', 'production/acme', 'staging/globex'),
      fc.record({ on: fc.boolean(), off: fc.constantFrom('on', 'off') }),
    )
    await fc.assert(
      fc.asyncProperty(layers, fc.boolean(), fc.boolean(), async (set, clientVisible, archived) => {
        const { changes, store } = await givenShop()
        const edits = Object.entries(set).map(([scope, layer]) => on('theme', scope, layer))
        const archivedAt = archived ? NOW : undefined
        await changes.commit(intent([flag('theme', { clientVisible, archivedAt }), ...edits]))
        const copy = await givenEmpty()

        await load(copy.changes, JSON.parse(JSON.stringify(exported(changes))), 'replace')

        expect(rulesetsOf(state(copy.changes))).toBe(rulesetsOf(state(changes)))
        expect(exported(copy.changes)).toEqual({
          ...exported(changes),
          project: { key: 'shop', name: 'New' },
        })
        await Promise.all([store.close(), copy.store.close()])
      }),
      { numRuns: 50 },
    )
  })
})

describe('an import', () => {
  test('of what is there already changes nothing', async () => {
    const { changes } = await givenShop()

    for (const mode of ['merge', 'replace'] as const)
      expect(await load(changes, exported(changes), mode)).toMatchObject({ change: undefined })
  })

  test('that merges creates and updates, and takes nothing away', async () => {
    const { changes } = await givenShop()
    const file = { ...exported(changes), instances: [], segments: [], flags: [] }

    await load(changes, { ...file, environments: [environment('uat').after as never] }, 'merge')

    expect([...state(changes).environments.keys()].sort()).toEqual(['production', 'staging', 'uat'])
    expect(state(changes).instances.size).toBe(2)
    expect(state(changes).flags.get('theme')).toMatchObject({ layers: { '*': BASE } })
  })

  test('that replaces takes away what the file lacks, and archives its flags', async () => {
    const { changes } = await givenShop()
    const file = exported(changes)
    await changes.commit(
      intent([
        environment('uat'),
        instance('initech'),
        segment('vip'),
        flag('base'),
        on('base', '*', BASE),
        flag('top', { prerequisites: [{ flag: 'base', variants: ['on'] }] }),
        on('top', '*', {
          ...BASE,
          rules: [
            {
              id: 'r',
              when: [[{ attribute: 'targetingKey', op: 'segment', values: ['vip'] }]],
              serve: { variant: 'on' },
            },
          ],
        }),
        on('top', 'uat', { on: false }),
        on('top', 'staging/initech', { on: false }),
        on('theme', 'uat', { on: false }),
      ]),
    )
    const before = state(changes)

    await load(changes, file, 'replace')

    const { flags, ...rest } = exported(changes)
    expect({ ...rest, flags: flags.filter(({ archivedAt }) => !archivedAt) }).toEqual(file)
    expect(flags.map(({ key }) => key)).toEqual(['base', 'new-checkout', 'theme', 'top'])
    expect(rulesetsOf(state(changes))).not.toBe(rulesetsOf(before))
  })

  test('keeps the key and name of the project that it goes into', async () => {
    const { changes } = await givenShop()
    const { changes: other } = await givenShop()

    await load(changes, { ...exported(other), project: { key: 'bank', name: 'Bank' } }, 'replace')

    expect(state(changes).project).toEqual({ key: 'shop', name: 'Shop' })
  })

  test('that is invalid anywhere changes nothing anywhere', async () => {
    const { changes } = await givenEmpty()
    const { changes: shop } = await givenShop()
    const file = exported(shop)

    await expect(
      load(
        changes,
        {
          ...file,
          environments: [],
          flags: [{ ...file.flags[0]!, layers: { '*': BASE, uat: {} } }],
        },
        'merge',
      ),
    ).rejects.toMatchObject({ code: 'INVALID_CHANGE' })
    expect(state(changes).version).toBe(1)
    expect(state(changes).flags.size).toBe(0)
  })
})

describe('a project file', () => {
  test.for([
    ['a misspelt member', { enviroments: [] }, [], 'Did you mean "environments"?'],
    ['another format', { flaghoist: 2 }, ['flaghoist'], 'expected 1'],
    [
      'a wrong order',
      { environments: [{ ...environmentOf(), order: 'x' }] },
      ['environments', 0, 'order'],
      'number',
    ],
    [
      'an entity twice',
      { environments: [environmentOf(), environmentOf()] },
      ['environments', 1, 'key'],
      '"uat" is there twice.',
    ],
  ] as const)('with %s is refused, and the path is named', async ([, parts, path, message]) => {
    const { changes } = await givenShop()

    const { error } = ProjectFile.safeParse({ ...exported(changes), ...parts })

    expect(error?.issues[0]).toMatchObject({ path, message: expect.stringContaining(message) })
  })
})

function environmentOf() {
  return { key: 'uat', name: 'UAT', order: 3, protected: false }
}
