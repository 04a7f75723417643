import { expect, test } from 'vitest'
import { edited, furnished, layer, newFlag, PROJECT } from '../../../../test-support/project.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { lastChangedAt } from './change-instants.ts'

/** A log that names the change in each instant, and notes what is read. */
function createLog() {
  const read: number[] = []
  const log: Pick<ChangeLog, 'read'> = {
    async read(_, since) {
      read.push(since + 1)
      return [{ at: `change ${since + 1}` }] as never
    },
  }
  return { log, read }
}

test('a change of many flags is read once, also for several requests at once', async () => {
  const created = edited(furnished(), ...newFlag('search'), ...newFlag('theme'), ...newFlag('zoom'))
  const state = edited(created, layer('theme', 'production', { on: false }))
  const { log, read } = createLog()
  const flags = [...state.flags.values()]
  const ask = () => lastChangedAt(log, { key: PROJECT, state } as never, flags, undefined)

  const answers = await Promise.all([ask(), ask(), ask()])
  for (const answer of answers) expect(answer).toEqual(['change 2', 'change 3', 'change 2'])
  expect(read.sort()).toEqual([2, 3])
  await ask()
  expect(read).toHaveLength(2)
})
