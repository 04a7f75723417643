import type { ProjectState } from '@flaghoist/core/model'
import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { givenShop, NOW, openShop, outcomeOf, writeOf } from '../../test/shop.ts'
import { planRevert } from '../changes/revert.ts'
import type { Projects, Write } from '../projects/projects.ts'
import { updateEntity } from '../resources/resource.ts'
import type { Stores } from '../stores/stores.ts'
import { exportText } from '../transfer/project-file.ts'
import { editSegmentList } from './edit-list.ts'
import { segments } from './segments.ts'

const STAFF = { project: 'shop', key: 'staff' }
/** Characters of a change besides what its lists gained and lost. */
const SURROUNDINGS = 1_500

const person = fc.integer({ min: 0, max: 40 }).map((n) => `user-${n}`)
const people = fc.uniqueArray(person, { maxLength: 30 })
const listName = fc.constantFrom('include' as const, 'exclude' as const)
const step: fc.Arbitrary<Write> = fc.oneof(
  fc
    .record({ list: listName, add: people, remove: people })
    .map(({ list, add, remove }) => editSegmentList(STAFF, list, { add, remove })),
  fc.record({ list: listName, keys: people }).map(({ list, keys }) => {
    return updateEntity(segments, STAFF, { [list]: keys })
  }),
  fc.constantFrom('Staff', null).map((name) => updateEntity(segments, STAFF, { name })),
)

const commit = async (projects: Projects, write: Write) => {
  const [, caller] = writeOf([])
  return outcomeOf(await projects.commit(write, caller))
}
const revert = (change: NonNullable<Awaited<ReturnType<typeof commit>>['change']>): Write => ({
  ...STAFF,
  action: 'change.revert',
  plan: (state) => planRevert(state, change, NOW),
})

/** The state as another process reads it from the log. */
async function replayed(stores: Stores): Promise<ProjectState> {
  const { projects } = await openShop(stores)
  projects.close()
  return projects.get('shop').state
}

/** Everything that clients and exports show, as bytes. */
const shown = async (state: ProjectState) =>
  (await exportText(state)) + JSON.stringify([...state.segments])

test('edits of segments and their reverts replay to the same bytes, whatever their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { projects, stores } = await givenShop()
      const states = [projects.get('shop').state]
      const changes = []
      for (const write of steps) {
        const { change, state } = await commit(projects, write)
        if (change === undefined) continue
        changes.push(change)
        states.push(state)
        expect(await replayed(stores)).toStrictEqual(state)
        expect(await shown(await replayed(stores))).toBe(await shown(state))
      }

      for (const change of changes.toReversed()) {
        const { state } = await commit(projects, revert(change))
        states.pop()
        expect(await shown(state)).toBe(await shown(states.at(-1)!))
        expect(await shown(await replayed(stores))).toBe(await shown(state))
      }
      await stores.close()
    }),
    { numRuns: 50 },
  )
})

test('the log grows with what an edit adds and removes, and not with the list', async () => {
  const { projects, stores } = await givenShop()
  const held = Array.from({ length: 5_000 }, (_, i) => `user-${i}`)
  await commit(projects, updateEntity(segments, STAFF, { include: held, exclude: held }))
  const { version } = projects.get('shop').state
  const edits = [
    editSegmentList(STAFF, 'include', { add: ['ada'], remove: ['user-7'] }),
    updateEntity(segments, STAFF, { include: ['eve', ...held] }),
    updateEntity(segments, STAFF, { name: 'Staff' }),
    updateEntity(segments, STAFF, { exclude: held.filter((_, i) => i % 1_000 > 0) }),
  ]
  for (const write of edits) await commit(projects, write)

  const changes = await stores.log.read('shop', version, 10)

  expect(changes).toHaveLength(edits.length)
  for (const change of changes) expect(JSON.stringify(change).length).toBeLessThan(SURROUNDINGS)
  expect(changes[0]!.edits).toMatchObject([
    {
      before: { key: 'staff', when: [] },
      after: { key: 'staff', when: [] },
      lists: {
        include: {
          removed: [{ at: 7, keys: ['user-7'] }],
          added: [{ at: 4_999, keys: ['ada'] }],
        },
      },
    },
  ])
})
