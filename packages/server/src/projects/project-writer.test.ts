import type { Change } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { BASE, givenShop, on, writeOf } from '../../test/shop.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { catchUp } from './catch-up.ts'
import { emptyProject, measureProject } from './project-writer.ts'
import { measureRulesets } from './publish-gate.ts'

test('a project that fails between two pages of its log keeps what it has read, and is behind', async () => {
  const { projects, stores } = await givenShop()
  for (let i = 0; i < 1_000; i += 1)
    await projects.commit(...writeOf([on('theme', 'production', { ...BASE, on: i % 2 === 0 })]))
  const project = emptyProject('shop')
  const failing: ChangeLog = {
    ...stores.log,
    async read(...[key, after, limit]) {
      if (after > 0) throw new Error('disk')
      return stores.log.read(key, after, limit)
    },
  }
  const applied: number[] = []
  const listeners = {
    onChange: ({ seq }: Change) => applied.push(seq),
    onDeleted: () => applied.push(0),
    onReloaded: () => applied.push(0),
  }

  await expect(catchUp(failing, project, listeners)).rejects.toThrow('disk')

  expect(project).toMatchObject({ isBehind: true, state: { version: 500 } })
  await catchUp(stores.log, project, listeners)
  expect(project).toMatchObject({ isBehind: false, state: { version: 1_001 } })
  expect(applied).toEqual(Array.from({ length: 1_001 }, (_, i) => i + 1))
  await measureProject(project)
  expect(project.sizes).toEqual(await measureRulesets(project.state))
})
