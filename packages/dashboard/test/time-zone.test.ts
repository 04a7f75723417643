import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'

const ZONE = 'Time zone'

async function choose(page: Page, zone: string): Promise<void> {
  await page.goto('/settings')
  await page.getByLabel(ZONE).selectOption(zone)
}

/** A browser in Los Angeles whose dashboard shows the times of Zurich. */
async function givenZurich(): Promise<{ readonly server: TestServer; readonly page: Page }> {
  const server = await givenShop()
  const page = await newPerson(server, { timezoneId: 'America/Los_Angeles' })
  await choose(page, 'Europe/Zurich')
  return { server, page }
}

test('all times follow the setting at once, and after a reload', async () => {
  const server = await givenShop()
  const page = await newPerson(server, { timezoneId: 'Asia/Tokyo' })
  const time = page.locator('main time').first()
  const expectTimeIn = async (timeZone: string) => {
    await time.waitFor()
    const at = new Date((await time.getAttribute('datetime'))!)
    const format = { dateStyle: 'medium', timeStyle: 'medium', timeZone } as const
    const text = new Intl.DateTimeFormat('en-GB', format).format(at)
    await expect.poll(() => time.getAttribute('title')).toBe(text)
  }
  await page.goto('/settings')
  await page.getByRole('option', { name: 'Local: Asia/Tokyo' }).waitFor({
    state: 'attached',
  })
  await expectTimeIn('Asia/Tokyo')

  await page.getByLabel(ZONE).selectOption('America/New_York')
  await expectTimeIn('America/New_York')
  await page.goto('/log')
  await expectTimeIn('America/New_York')
  await choose(page, 'UTC')
  await expectTimeIn('UTC')
  await choose(page, '')
  await page.reload()
  await expectTimeIn('Asia/Tokyo')
})

test('the zone is chosen by keys alone', async () => {
  const server = await givenShop()
  const page = await newPerson(server, { timezoneId: 'Asia/Tokyo' })
  await page.goto('/settings')
  const choice = page.getByLabel(ZONE)
  await choice.waitFor()
  while (!(await choice.evaluate((element) => element === document.activeElement)))
    await page.keyboard.press('Tab')
  await page.keyboard.type('Europe/Zur')
  await expect.poll(() => choice.inputValue()).toBe('Europe/Zurich')
})

test('the calendar has the days of the zone, also where its clocks change', async () => {
  const { server, page } = await givenZurich()
  const weekly = { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' }
  const weekend = { key: 'weekend', name: 'Weekend', window: { weekly }, zone: 'UTC' }
  expect((await server.ask('POST', 'freezes', { body: weekend })).status).toBe(201)
  await page.goto('/freezes?view=calendar&month=2027-03')

  await page.getByText('Times in Europe/Zurich. The clocks of production show UTC.').waitFor()
  const table = page.getByRole('table', { name: 'March 2027' })
  const dayOf = (text: string) =>
    table.getByRole('cell', { name: new RegExp(`^[A-Z][a-z]+day,? ${text}$`) })
  await dayOf('26 March 2027 Weekend from 17:00').waitFor()
  // The clocks of Zurich change on March 28, those of Los Angeles on March 14.
  await dayOf('29 March 2027 Weekend until 10:00').waitFor()
  const numbers = await table.locator('time > [aria-hidden]').allTextContents()
  expect(numbers.map((text) => Number(/\d+/.exec(text)))).toEqual(
    Array.from({ length: 31 }, (_, i) => i + 1),
  )
  await page.keyboard.press(']')
  await page.getByRole('table', { name: 'April 2027' }).waitFor()
})

test('the last day of a note ends at midnight of the zone', async () => {
  const { server, page } = await givenZurich()
  await page.goto('/flags/new-checkout?scope=production/acme')
  await page.getByRole('button', { name: /^No note/ }).click()
  await page.getByLabel('Reason why it differs').fill('Acme tests it')
  // The day on which the clocks of Zurich go back.
  await page.getByLabel('Last day, if it ends').fill('2997-10-29')
  await page.getByRole('button', { name: /^Save in/ }).click()
  await page.getByText('new-checkout is changed in production/acme').waitFor()
  const layer = 'flags/new-checkout/layers/production/acme'
  expect((await server.ask('GET', layer)).body).toMatchObject({
    note: { reason: 'Acme tests it', expiresAt: '2997-10-29T22:59:59.000Z' },
  })

  await page.reload()
  await page.getByRole('button', { name: 'until 29 Oct 2997: Acme tests it' }).click()
  expect(await page.getByLabel('Last day, if it ends').inputValue()).toBe('2997-10-29')
})

test('a refusal names the end of a freeze in the zone', async () => {
  const { server, page } = await givenZurich()
  const window = { once: { from: '2020-01-01T00:00', to: '2099-03-01T12:00' } }
  const freeze = { key: 'audit', name: 'Audit', window, zone: 'UTC' }
  expect((await server.ask('POST', 'freezes', { body: freeze })).status).toBe(201)
  await page.goto('/flags/new-checkout?scope=production/acme')
  await page.getByRole('heading', { name: 'Rules', exact: true }).waitFor()
  await page.getByText('Off', { exact: true }).click()
  await page
    .getByRole('alert')
    .getByText('The freeze "audit" applies in production/acme until 1 Mar 2099, 13:00:00')
    .waitFor()
})
