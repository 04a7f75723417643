import type { ProjectState } from '@flaghoist/core/model'
import type { Edit, Layer } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
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
import { seal } from '../projects/chain.ts'
import type { PlannedEdit, Projects } from '../projects/projects.ts'
import { exportText, type ProjectFile } from '../transfer/project-file.ts'
import { planRevert } from './revert.ts'

async function make(projects: Projects, edits: readonly PlannedEdit[]) {
  const { change } = outcomeOf(await projects.commit(...writeOf(edits)))
  if (change === undefined) throw new Error('nothing was changed')
  return change
}

const revert = async (projects: Projects, change: Awaited<ReturnType<typeof make>>) =>
  outcomeOf(await projects.commit(...writeOf((state) => planRevert(state, change, NOW))))

/** Everything but flags that are archived. */
async function alive(state: ProjectState) {
  const { flags, ...rest } = JSON.parse(await exportText(state)) as ProjectFile
  return { ...rest, flags: flags.filter(({ archivedAt }) => archivedAt === undefined) }
}

const renamed = (key: string, include: string[]): PlannedEdit => ({
  kind: 'segment',
  key,
  after: { key, name: 'Staff', include, exclude: [], when: [] },
})

const dark = on('theme', '*', { ...BASE, on: false })
const DARK: Layer = { on: false, off: 'off' }
/** A layer before a change, after it, when it is reverted, and then. */
type LayersInTurn = readonly [Layer | null, Layer | null, Layer | null, Layer | null]
const KILLED = { killed: { at: NOW, by: 'ada', reason: 'It breaks.' } }

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

    expect(await alive(reverted.state)).toEqual(await alive(before))
    expect(rulesetsOf(reverted.state)).toBe(rulesetsOf(before))
    const again = await revert(projects, reverted.change!)
    expect(await exportText(again.state)).toBe(await exportText(after))
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

  test.for<readonly [string, LayersInTurn]>([
    [
      'settings and keeps the kill since',
      [BASE, DARK, { ...DARK, ...KILLED }, { ...BASE, ...KILLED }],
    ],
    ['a new layer and keeps the kill since', [null, DARK, { ...DARK, ...KILLED }, KILLED]],
    ['a deletion and keeps the kill since', [DARK, null, KILLED, { ...DARK, ...KILLED }]],
    ['settings and keeps the restore since', [KILLED, { ...DARK, ...KILLED }, DARK, null]],
  ])('undoes %s', async ([, [before, changed, since, reverted]]) => {
    const { projects } = await givenShop()
    const set = (layer: Layer | null) => make(projects, [on('theme', 'staging', layer)])
    if (before !== null) await set(before)
    const change = await set(changed)
    await set(since)

    const { state } = await revert(projects, change)

    expect(state.flags.get('theme')!.layers.staging ?? null).toEqual(reverted)
  })

  test('of a kill is refused once other settings of its layer were changed', async () => {
    const { projects } = await givenShop()
    const kill = await make(projects, [on('theme', 'staging', KILLED)])
    await make(projects, [on('theme', 'staging', { ...DARK, ...KILLED })])

    await expect(revert(projects, kill)).rejects.toMatchObject({ code: 'REVERT_CONFLICT' })
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

  test('of a segment keeps what later changes of its lists did', async () => {
    const { projects } = await givenShop()
    const first = await make(projects, [segment('staff', ['ada', 'bob', 'cy'])])
    await make(projects, [segment('staff', ['ada', 'bob', 'cy', 'dan'])])

    const { state } = await revert(projects, first)

    expect(state.segments.get('staff')).toMatchObject({ include: ['ada', 'dan'] })
  })

  test.for([
    ['a key that it added was removed', segment('staff', ['ada'])],
    ['a key that it removed was added', segment('staff', ['bob', 'dan', 'eve'])],
    ['the segment was deleted', { kind: 'segment', key: 'staff', after: null }],
    ['its name was set', renamed('staff', ['ada', 'bob'])],
  ] satisfies [string, PlannedEdit][])('of a segment is refused once %s', async ([, later]) => {
    const { projects } = await givenShop()
    await make(projects, [segment('staff', ['ada', 'eve'])])
    const change = await make(projects, [segment('staff', ['ada', 'bob'])])
    await make(projects, [later])

    await expect(revert(projects, change)).rejects.toMatchObject({
      code: 'REVERT_CONFLICT',
      message: expect.stringContaining('segment:staff (change 4)'),
    })
  })

  test('of a segment works for a change that an older server has stored whole', async () => {
    const { projects: before, stores } = await givenShop()
    const { hash, epoch, state } = before.get('shop')
    const [first] = await stores.log.read('shop', 0, 1)
    const { hash: _, previousHash: __, ...rest } = first!
    const whole = (include: string[]) => ({ key: 'staff', include, exclude: [], when: [] })
    const edits: Edit[] = [
      { kind: 'segment', key: 'staff', before: whole(['ada']), after: whole(['ada', 'bob']) },
    ]
    const change = seal({ ...rest, seq: state.version + 1, edits }, hash)
    await stores.log.append({ project: 'shop', epoch }, change)
    const { projects } = await openShop(stores)
    expect(projects.get('shop').state.segments.get('staff')!.include).toEqual(['ada', 'bob'])

    const reverted = await revert(projects, change)

    expect(reverted.state.segments.get('staff')!.include).toEqual(['ada'])
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
          expect(await exportText(state)).toBe(await exportText(before))
          await stores.close()
        },
      ),
    )
  })
})
