import { expect, test } from 'vitest'
import { givenShop, on, writeOf } from '../../test/shop.ts'
import { startReplay } from './replay.ts'

test('a replay has up to 500 changes, and a reset in place of more', async () => {
  const { projects, stores } = await givenShop()
  const { version } = projects.get('shop').state
  const edit = (isOn: boolean) => on('new-checkout', 'production/acme', { on: isOn })
  for (let i = 0; i < 501; i += 1) await projects.commit(...writeOf([edit(i % 2 === 0)]))
  const eventsAfter = async (since: number) => {
    const replay = await startReplay({ projects, log: stores.log }, 'shop', since)
    while (!replay.isCurrent()) await replay.readOn()
    return replay.frames(undefined).map((frame) => `${frame}`.split('\n', 2).join(' '))
  }

  const [first, ...others] = await eventsAfter(version + 1)
  expect(first).toBe(`event: change id: ${version + 2}`)
  expect(others).toHaveLength(499)
  expect(await eventsAfter(version)).toEqual([`event: reset id: ${version + 501}`])
  expect(await eventsAfter(version + 501)).toEqual([])
})
