import { expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { givenShop, on, outcomeOf, subscription, writeOf } from '../../../test/shop.ts'
import type { PlannedEdit } from '../../projects/projects.ts'
import { createMemoryOutbox } from '../../stores/memory/memory-outbox.ts'
import { createMemory, createMemoryStores } from '../../stores/memory/memory-stores.ts'
import { createNoticeWriter } from './notice-writer.ts'

const kill = { by: 'Ada', at: '2026-11-20T08:00:00.000Z', reason: '' }
const KEYS = ['ops', 'dev'] as const

/** Changes that cause notices, and changes of who gets them. */
const edits = fc.oneof(
  fc.constantFrom('production', 'staging').map((scope) => on('theme', scope, { killed: kill })),
  fc.constantFrom('production', 'staging').map((scope) => on('theme', scope, { on: true })),
  fc.constantFrom(...KEYS).map((key) => subscription(key)),
  fc.constantFrom(...KEYS).map((key) => subscription(key, { events: ['restored'] })),
  fc.constantFrom(...KEYS).map((key) => subscription(key, { scopes: ['staging'] })),
  fc.constantFrom(...KEYS).map((key): PlannedEdit => ({ kind: 'subscription', key, after: null })),
)
/** A change, and what the process does after it. */
const steps = fc.array(
  fc.record({ edit: edits, process: fc.constantFrom('nothing', 'catch up', 'crash') }),
  { maxLength: 40 },
)

test('crashes at any instant neither lose a notice nor record one twice', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const memory = createMemory()
      const { projects, stores } = await givenShop(createMemoryStores(memory))
      const reference = createMemoryOutbox(new Map(), memory.log, memory.leases)
      const undisturbed = createNoticeWriter({ log: stores.log, outbox: reference })
      const start = () => createNoticeWriter(stores)
      let writer = start()
      const deletedAt = new Map<string, number>()
      for (const { edit, process } of plan) {
        const { version } = outcomeOf(await projects.commit(...writeOf([edit])))
        if (edit.after === null) deletedAt.set(edit.key, version)
        await undisturbed.catchUp(projects.get('shop'))
        if (process === 'crash') writer = start()
        if (process !== 'nothing') await writer.catchUp(projects.get('shop'))
      }
      await start().catchUp(projects.get('shop'))

      // A subscription that was deleted may or may not have been notified before.
      const kept = [...projects.get('shop').state.subscriptions.keys()]
      for (const key of kept) {
        const expected = await reference.pending('shop', key)
        const found = await stores.outbox.pending('shop', key)
        expect(found).toEqual(expected.filter(({ id }) => found.some((one) => one.id === id)))
        const lost = expected.filter(({ id }) => !found.some((one) => one.id === id))
        expect(lost.filter(({ seq }) => seq > (deletedAt.get(key) ?? 0))).toEqual([])
      }
    }),
    { numRuns: 100 },
  )
})
