import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'
import { PHONE } from './windows.ts'

const freeze = async (server: TestServer, body: object) =>
  expect((await server.ask('POST', 'freezes', { body })).status).toBe(201)

describe('the calendar of freezes', () => {
  test('shows the days of a scope in the time zone of the browser', async () => {
    const server = await givenShop()
    const weekly = { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' }
    await freeze(server, { key: 'weekend', name: 'Weekend', window: { weekly }, zone: 'UTC' })
    const hours = { days: ['tue'], from: '09:00', to: '17:00' }
    const instance = { timeZone: 'Europe/Zurich', businessHours: hours }
    await server.ask('PATCH', 'instances/acme', { body: instance })
    const page = await newPerson(server, { timezoneId: 'America/New_York' })
    await page.goto('/freezes')
    await page.getByRole('cell', { name: 'each fri from 16:00 to mon 08:00' }).waitFor()
    await page.goto('/freezes?view=calendar&scope=production/acme&month=2027-03')

    const table = page.getByRole('table', { name: 'March 2027' })
    // Some versions of Chromium write no comma.
    const dayOf = (text: string) =>
      table.getByRole('cell', { name: new RegExp(`^[A-Z][a-z]+day,? ${text}$`) })
    await dayOf('12 March 2027 Weekend from 11:00').waitFor()
    await page.getByText('The clocks of production/acme show Europe/Zurich.').waitFor()
    await dayOf('13 March 2027 Weekend all day').waitFor()
    // The clocks of New York change on March 14, those of Zurich on March 28.
    await dayOf('15 March 2027 Weekend until 04:00').waitFor()
    await dayOf('9 March 2027 Business hours 03:00 to 11:00').waitFor()
    await dayOf('16 March 2027 Business hours 04:00 to 12:00').waitFor()

    await page.getByLabel('Scope').selectOption('production')
    await dayOf('16 March 2027').waitFor()
    expect(new URL(page.url()).searchParams.get('scope')).toBe('production')
  })

  test('turns its months by keys, and says what is frozen now and who overrode it', async () => {
    const server = await givenShop()
    const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
    await freeze(server, { key: 'audit', name: 'Audit', environments: ['production'], window })
    const because = 'override=freeze&reason=Card%20payments%20fail'
    const layer = `flags/new-checkout/layers/production/acme?${because}`
    expect(await server.ask('PATCH', layer, { body: { on: false } })).toMatchObject({ status: 200 })
    const page = await newPerson(server, { timezoneId: 'UTC' })
    await page.goto('/freezes?view=calendar')
    await page
      .getByText('production is frozen now: Audit, until the end of this month at least.')
      .waitFor()
    expect(await page.locator('[aria-current=date]').textContent()).toContain('Audit all day')
    await page
      .getByRole('listitem')
      .filter({
        hasText: /changed the settings of new-checkout .* against audit:\s+Card payments fail/,
      })
      .waitFor()

    const shown = await page
      .getByRole('main')
      .getByRole('heading', { level: 2 })
      .first()
      .textContent()
    await page.keyboard.press(']')
    await page.getByRole('button', { name: 'This month' }).waitFor()
    await page.getByText('Changes against these freezes').waitFor({ state: 'detached' })
    await page.keyboard.press('[')
    await page.getByRole('table', { name: shown! }).waitFor()

    await server.ask('DELETE', 'freezes/audit')
    await page.getByText('production is not frozen now. Next: nothing this month.').waitFor()
  })

  test('is a list of days on a phone', async () => {
    const server = await givenShop()
    const window = { once: { from: '2027-03-12T16:00', to: '2027-03-14T08:00' } }
    await freeze(server, { key: 'launch', name: 'Launch', window, zone: 'UTC' })
    const page = await newPerson(server, { timezoneId: 'UTC', viewport: PHONE })
    await page.goto('/freezes?view=calendar&month=2027-03')
    await page.getByText('from 16:00').waitFor()
    const days = page.getByRole('table').locator('td:visible')
    expect(
      await days.evaluateAll((all) => all.map((day) => day.textContent.replaceAll(/\s+/g, ' '))),
    ).toEqual([
      expect.stringContaining('Fri 12'),
      expect.stringContaining('Sat 13'),
      expect.stringContaining('Sun 14'),
    ])
    const main = page.locator('main')
    expect(await main.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
  })
})
