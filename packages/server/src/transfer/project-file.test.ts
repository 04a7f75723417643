import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
  creationOf,
  environment,
  flag,
  givenShop,
  instance,
  NOW,
  on,
  openShop,
  outcomeOf,
  rulesetsOf,
  segment,
  writeOf,
} from '../../test/shop.ts'
import { planInSteps } from '../projects/plan-in-steps.ts'
import type { Projects } from '../projects/projects.ts'
import { type ImportMode, importProject, planImport } from './import-project.ts'
import { exportText, ProjectFile } from './project-file.ts'

const state = (projects: Projects) => projects.get('shop').state
const exported = async (projects: Projects): Promise<ProjectFile> =>
  JSON.parse(await exportText(state(projects)))

const load = async (projects: Projects, file: ProjectFile, mode: ImportMode) =>
  outcomeOf(await projects.commit(...writeOf((now) => planImport(now, file, mode, NOW))))

/** A new project with nothing in it but its name. */
async function givenEmpty() {
  const { projects, stores } = await openShop()
  const project = { key: 'shop', name: 'New' }
  await projects.commit(...creationOf([{ kind: 'project', key: 'shop', after: project }]))
  return { projects, stores }
}

describe('an exported project', () => {
  test('has everything but API keys', async () => {
    const { projects } = await givenShop()
    const key = {
      id: 'k',
      name: 'CI',
      kind: 'server',
      hash: 'a'.repeat(64),
      prefix: 'fh',
      project: 'shop',
      createdAt: NOW,
    } as const
    await projects.commit(...writeOf([{ kind: 'apiKey', key: 'k', after: key }]))

    const file = await exported(projects)

    expect(Object.keys(file)).toEqual([
      'flaghoist',
      'project',
      'environments',
      'instances',
      'segments',
      'flags',
      'metrics',
      'plans',
      'freezes',
      'views',
    ])
    expect(file.flags.map((it) => it.key)).toEqual(['new-checkout', 'theme'])
    expect(JSON.stringify(file)).not.toContain('aaaa')
    expect(ProjectFile.parse(file)).toEqual(file)
  })

  test('has the same bytes whichever way it came to be', async () => {
    const [one, other] = [await givenShop(), await givenShop()]
    const edits = [on('theme', 'staging', { on: false }), on('theme', 'production', { on: true })]
    await one.projects.commit(...writeOf(edits))
    await other.projects.commit(...writeOf([edits[1]!]))
    await other.projects.commit(...writeOf([environment('uat')]))
    await other.projects.commit(...writeOf([{ kind: 'environment', key: 'uat', after: null }]))
    await other.projects.commit(...writeOf([edits[0]!]))

    expect(JSON.stringify(await exported(other.projects))).toBe(
      JSON.stringify(await exported(one.projects)),
    )
  })

  test('makes the same rulesets in a new project', async () => {
    const layers = fc.dictionary(
      fc.constantFrom('production', 'staging', 'production/acme', 'staging/globex'),
      fc.record({ on: fc.boolean(), off: fc.constantFrom('on', 'off') }),
    )
    await fc.assert(
      fc.asyncProperty(layers, fc.boolean(), fc.boolean(), async (set, clientVisible, archived) => {
        const { projects, stores } = await givenShop()
        const edits = Object.entries(set).map(([scope, layer]) => on('theme', scope, layer))
        const archivedAt = archived ? NOW : undefined
        await projects.commit(...writeOf([flag('theme', { clientVisible, archivedAt }), ...edits]))
        const copy = await givenEmpty()

        await load(copy.projects, JSON.parse(JSON.stringify(await exported(projects))), 'replace')

        expect(rulesetsOf(state(copy.projects))).toBe(rulesetsOf(state(projects)))
        expect(await exported(copy.projects)).toEqual({
          ...(await exported(projects)),
          project: { key: 'shop', name: 'New' },
        })
        await Promise.all([stores.close(), copy.stores.close()])
      }),
      { numRuns: 50 },
    )
  })
})

describe('an import', () => {
  test('of what is there already changes nothing', async () => {
    const { projects } = await givenShop()

    for (const mode of ['merge', 'replace'] as const)
      expect(await load(projects, await exported(projects), mode)).toMatchObject({
        change: undefined,
      })
  })

  test('is planned flag by flag, those that it archives too', async () => {
    const { projects } = await givenShop()
    const file = await exported(projects)
    const replace = importProject('shop', { ...file, flags: [] }, { mode: 'replace', at: NOW })
    const merge = importProject('shop', file, { mode: 'merge', at: NOW })

    for (const write of [replace, merge])
      expect([...planInSteps(write, state(projects))].length).toBeGreaterThanOrEqual(
        file.flags.length,
      )
  })

  test('that merges creates and updates, and takes nothing away', async () => {
    const { projects } = await givenShop()
    const file = { ...(await exported(projects)), instances: [], segments: [], flags: [] }

    await load(projects, { ...file, environments: [environment('uat').after as never] }, 'merge')

    expect([...state(projects).environments.keys()].sort()).toEqual([
      'production',
      'staging',
      'uat',
    ])
    expect(state(projects).instances.size).toBe(2)
    expect(state(projects).flags.get('theme')).toMatchObject({ layers: { '*': BASE } })
  })

  test('that replaces takes away what the file lacks, and archives its flags', async () => {
    const { projects } = await givenShop()
    const file = await exported(projects)
    await projects.commit(
      ...writeOf([
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
    const before = state(projects)

    await load(projects, file, 'replace')

    const { flags, ...rest } = await exported(projects)
    expect({ ...rest, flags: flags.filter(({ archivedAt }) => !archivedAt) }).toEqual(file)
    expect(flags.map(({ key }) => key)).toEqual(['base', 'new-checkout', 'theme', 'top'])
    expect(rulesetsOf(state(projects))).not.toBe(rulesetsOf(before))
  })

  test('keeps the key and name of the project that it goes into', async () => {
    const { projects } = await givenShop()
    const { projects: other } = await givenShop()

    await load(
      projects,
      { ...(await exported(other)), project: { key: 'bank', name: 'Bank' } },
      'replace',
    )

    expect(state(projects).project).toEqual({ key: 'shop', name: 'Shop' })
  })

  test('that is invalid anywhere changes nothing anywhere', async () => {
    const { projects } = await givenEmpty()
    const { projects: shop } = await givenShop()
    const file = await exported(shop)

    await expect(
      load(
        projects,
        {
          ...file,
          environments: [],
          flags: [{ ...file.flags[0]!, layers: { '*': BASE, uat: {} } }],
        },
        'merge',
      ),
    ).rejects.toMatchObject({ code: 'INVALID_CHANGE' })
    expect(state(projects).version).toBe(1)
    expect(state(projects).flags.size).toBe(0)
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
      '"uat" occurs twice.',
    ],
  ] as const)('with %s is refused, and the path is named', async ([, parts, path, message]) => {
    const { projects } = await givenShop()

    const { error } = ProjectFile.safeParse({ ...(await exported(projects)), ...parts })

    expect(error?.issues[0]).toMatchObject({ path, message: expect.stringContaining(message) })
  })
})

function environmentOf() {
  return { key: 'uat', name: 'UAT', order: 3, protected: false }
}
