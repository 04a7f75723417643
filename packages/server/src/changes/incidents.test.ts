import { expect, test } from 'vitest'
import { BASE, givenShop, NOW, on, writeOf } from '../../test/shop.ts'
import { DAY_MS } from '../time.ts'
import { recentIncidents } from './incidents.ts'

const now = Date.parse(NOW)

test('incidents are read once, and later only the changes since', async () => {
  const { projects, stores } = await givenShop()
  let read = 0
  const log: typeof stores.log = {
    ...stores.log,
    async read(...args) {
      const changes = await stores.log.read(...args)
      read += changes.length
      return changes
    },
  }
  const kill = (flag: string, at: string) =>
    projects.commit(
      ...writeOf([on(flag, '*', { ...BASE, killed: { at, by: 'Ada', reason: at } })], {
        urgent: true,
      }),
    )
  const found = async (days?: number) => {
    read = 0
    const incidents = await recentIncidents(log, projects.get('shop'), now + DAY_MS, days)
    return { read, texts: incidents.map(({ text }) => text) }
  }
  await kill('theme', 'first')
  for (let i = 0; i < 600; i += 1)
    await projects.commit(...writeOf([on('theme', 'staging', { ...BASE, on: i % 2 === 0 })]))

  expect(await found()).toEqual({ read: 602, texts: ['first'] })
  expect(await found()).toEqual({ read: 0, texts: ['first'] })
  await kill('new-checkout', 'second')
  expect(await found()).toEqual({ read: 4, texts: ['second', 'first'] })
  expect(await found(0.5)).toEqual({ read: 0, texts: [] })
})
