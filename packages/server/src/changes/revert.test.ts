import type { ProjectState } from '@flaghoist/core/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BASE,
  environment,
  flag,
  givenShop,
  instance,
  NOW,
  on,
  outcomeOf,
  rulesetsOf,
  segment,
  writeOf,
} from '../../test/shop.ts'
import type { PlannedEdit, Projects } from '../projects/projects.ts'
import { exportProject } from '../transfer/project-file.ts'
import { planRevert } from './revert.ts'

async function make(projects: Projects, edits: readonly PlannedEdit[]) {
  const { change } = outcomeOf(await projects.commit(...writeOf(edits)))
  if (change === undefined) throw new Error('nothing was changed')
  return change
}

const revert = async (projects: Projects, change: Awaited<ReturnType<typeof make>>) =>
  outcomeOf(await projects.commit(...writeOf((state) => planRevert(state, change, NOW))))

/** Everything but flags that are archived. */
function alive(state: ProjectState) {
  const { flags, ...rest } = exportProject(state)
  return { ...rest, flags: flags.filter(({ archivedAt }) => archivedAt === undefined) }
}

const dark = on('theme', '*', { ...BASE, on: false })

describe('a revert', () => {
  test.for([
    ['a layer', [dark]],
    ['a new layer', [on('theme', 'production/acme', { on: false })]],
    ['a new flag', [flag('third'), on('third', '*', BASE), on('third', 'staging', { on: false })]],
    ['a new environment', [environment('uat'), on('theme', 'uat', { on: false })]],
    ['a new instance', [instance('initech')]],
    ['a segment', [segment('staff', ['bob'])]],
    ['a definition', [flag('theme', { description: 'Dark.', clientVisible: true })]],
    ['an archived flag', [flag('theme', { archivedAt: NOW })]],
    [
      'flags that depend on each other',
      [
        flag('base'),
        on('base', '*', BASE),
        flag('top', { prerequisites: [{ flag: 'base', variants: ['on'] }] }),
        on('top', '*', BASE),
      ],
    ],
  ] satisfies [string, PlannedEdit[]][])('puts back %s', async ([, edits]) => {
    const { projects } = await givenShop()
    const before = projects.get('shop').state
    const change = await make(projects, edits)
    const after = projects.get('shop').state

    const reverted = await revert(projects, change)

    expect(alive(reverted.state)).toEqual(alive(before))
    expect(rulesetsOf(reverted.state)).toBe(rulesetsOf(before))
    const again = await revert(projects, reverted.change!)
    expect(exportProject(again.state)).toEqual(exportProject(after))
    expect(rulesetsOf(again.state)).toBe(rulesetsOf(after))
  })

  test('archives a flag that the change created: its key stays taken', async () => {
    const { projects } = await givenShop()
    const change = await make(projects, [flag('third'), on('third', '*', BASE)])

    const { state } = await revert(projects, change)

    expect(state.flags.get('third')).toMatchObject({ archivedAt: NOW, layers: { '*': BASE } })
  })

  test('is refused when an entity was changed again since, and says where', async () => {
    const { projects } = await givenShop()
    const change = await make(projects, [dark, flag('theme', { description: 'Dark.' })])
    await make(projects, [on('theme', '*', BASE)])

    await expect(revert(projects, change)).rejects.toMatchObject({
      code: 'REVERT_CONFLICT',
      status: 409,
      message:
        'Change 2 cannot be reverted, because these entities have changed since: layer:theme@* (change 3).',
    })
  })

  test('is not disturbed by changes of other entities', async () => {
    const { projects } = await givenShop()
    const change = await make(projects, [dark])
    await make(projects, [on('theme', 'staging', { on: false })])

    await expect(revert(projects, change)).resolves.toMatchObject({ version: 4 })
  })

  test('is possible once the later change of the entity is reverted itself', async () => {
    const { projects } = await givenShop()
    const before = projects.get('shop').state
    const first = await make(projects, [dark])
    const second = await make(projects, [on('theme', '*', { ...BASE, off: 'on' })])
    await revert(projects, second)

    const { state } = await revert(projects, first)

    expect(rulesetsOf(state)).toBe(rulesetsOf(before))
  })

  test('is refused when something needs what it would take away', async () => {
    const { projects } = await givenShop()
    const change = await make(projects, [environment('uat')])
    await make(projects, [on('theme', 'uat', { on: false })])

    await expect(revert(projects, change)).rejects.toMatchObject({ code: 'INVALID_CHANGE' })
  })

  test('of several changes, the latest first, restores the bytes that every SDK had', async () => {
    const edit = fc.oneof(
      fc
        .record({
          key: fc.constantFrom('theme', 'new-checkout'),
          scope: fc.constantFrom('*', 'production', 'production/acme'),
          isOn: fc.boolean(),
          off: fc.constantFrom('on', 'off'),
        })
        .map((it) => on(it.key, it.scope, { ...BASE, on: it.isOn, off: it.off })),
      fc.array(fc.string()).map((include) => segment('staff', include)),
      fc.boolean().map((clientVisible) => flag('theme', { clientVisible })),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(edit, { maxLength: 4 }), { maxLength: 6 }),
        async (all) => {
          const { projects, stores } = await givenShop()
          const before = projects.get('shop').state
          const made = []
          for (const edits of all)
            made.push(outcomeOf(await projects.commit(...writeOf(edits))).change)

          for (const change of made.reverse()) if (change) await revert(projects, change)

          const { state } = projects.get('shop')
          expect(rulesetsOf(state)).toBe(rulesetsOf(before))
          expect(exportProject(state)).toEqual(exportProject(before))
          await stores.close()
        },
      ),
    )
  })
})
