import { expect, onTestFinished, test, vi } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'

const MONTH_MS = 31 * 86_400_000

/** A shop with the overdue flag new-checkout, and dark-theme, which is on since a month ago. */
async function givenStale(): Promise<TestServer> {
  const now = Date.now()
  // The server keeps the clock that it starts with, so it lasts until the end of the test.
  vi.useFakeTimers({ toFake: ['Date'], now: now - MONTH_MS })
  onTestFinished(() => void vi.useRealTimers())
  const server = await givenShop()
  const layers = { '*': { on: true } }
  await server.ask('POST', 'flags', { body: { key: 'dark-theme', owner: 'Cy', layers } })
  vi.setSystemTime(now)
  const body = { expectedRemovalAt: '2020-01-01T12:00:00Z' }
  await server.ask('PATCH', 'flags/new-checkout', { body })
  return server
}

test('the stale flags say why, who owns them, and how to remove them', async () => {
  const server = await givenStale()
  const page = await newPerson(server)
  await page.goto('/stale')
  await page.getByText('2 flags to remove; 2 not evaluated for 30 days.').waitFor()
  await page.getByRole('row', { name: /^new-checkout Its removal was planned for 1 Jan/ }).waitFor()
  const row = page.getByRole('row', { name: /^dark-theme Every context gets "on"/ })
  await row.getByText('none in 30 days').waitFor()
  await page.getByRole('button', { name: 'How to remove dark-theme' }).click()
  await page.getByText('Keep the code of "on".').waitFor()
  await page.keyboard.press('Escape')

  await page.getByLabel('Owner').selectOption('Cy')
  await page.getByRole('link', { name: 'new-checkout' }).waitFor({ state: 'detached' })
  await page.waitForURL('**/stale?owner=Cy')
  await page.getByRole('link', { name: 'dark-theme' }).click()
  await page.waitForURL('**/flags/dark-theme')
})

test('a stale flag is archived with an undo, and another one gets a later date', async () => {
  const server = await givenStale()
  const page = await newPerson(server)
  await page.goto('/stale')
  await page.getByRole('button', { name: 'Archive dark-theme' }).click()
  await page.getByText('No program has evaluated it for 30 days.').waitFor()
  await saveWith(page, 'The theme stays')
  await page.getByText('1 flag to remove').waitFor()
  await page.keyboard.press('u')
  await page.getByText(/^Change \d+ is reverted/).waitFor()
  const { body } = await server.ask('GET', 'flags/dark-theme')
  expect(body).not.toHaveProperty('archivedAt')

  await page.getByRole('button', { name: 'Plan the removal of new-checkout' }).click()
  await page.getByLabel('Last day of the flag').fill('2999-12-24')
  await saveWith(page, 'After the season')
  await page.getByText('No flag to remove').waitFor()
  expect((await server.ask('GET', 'flags/new-checkout')).body).toMatchObject({
    expectedRemovalAt: expect.stringContaining('2999-12-2'),
  })
})
