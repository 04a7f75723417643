import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson, saveWith } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'

/** Two environments, and instances with tags. */
async function givenCustomers(): Promise<TestServer> {
  const server = await givenShop()
  await server.ask('POST', 'environments', { body: { key: 'staging' } })
  await server.ask('PATCH', 'instances/acme', { body: { tags: { region: 'eu', tier: 'pilot' } } })
  await server.ask('PATCH', 'instances/globex', { body: { tags: { tier: 'internal' } } })
  return server
}

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })

/** Chooses some of the keys of a field that has all at first. */
async function chooseOnly(page: Page, field: string, keys: readonly string[]): Promise<void> {
  await group(page, field).getByText('Only these').click()
  const list = page.getByRole('list', { name: field, exact: true })
  for (const key of keys) await list.getByLabel(key, { exact: true }).check()
}

const freezeAt = async (server: TestServer, key: string) =>
  (await server.ask('GET', `freezes/${key}`)).body

const WEEKEND = {
  key: 'weekend',
  name: 'Weekend',
  window: { weekly: { days: ['fri', 'sat'], from: '16:00', to: '08:00', toDay: 'mon' } },
  zone: 'UTC',
  environments: ['production'],
  instances: { tags: { tier: ['pilot', 'internal'] } },
}

describe('a freeze', () => {
  test('is created with several days, environments, instances and tags', async () => {
    const server = await givenCustomers()
    const page = await newPerson(server)
    await page.goto('/freezes')
    await page.getByRole('button', { name: 'Create a freeze' }).click()
    await page.getByLabel('Key', { exact: true }).fill('nights')
    await page.getByLabel('Name').fill('Nights')
    await page.getByText('Each week').click()
    await page.getByRole('checkbox', { name: 'fri' }).uncheck()
    const send = page.getByRole('button', { name: /^Create the freeze/ })
    await page.getByRole('status').filter({ hasText: 'Choose a day of the week.' }).waitFor()
    expect(await send.isDisabled()).toBe(true)
    for (const day of ['tue', 'mon']) await page.getByLabel(day, { exact: true }).check()
    await page.getByLabel('From').fill('22:00')
    await page.getByLabel('To', { exact: true }).fill('06:00')
    await page.getByLabel('To day').selectOption('same or next day')
    await chooseOnly(page, 'Environments', ['staging', 'production'])
    await chooseOnly(page, 'Instances', ['globex', 'acme'])
    await chooseOnly(page, 'Tags of instances', ['tier=pilot', 'region=eu', 'tier=internal'])
    await saveWith(page, 'Nobody watches at night')

    await page.getByRole('row', { name: /^Nights each mon and tue from 22:00 to 06:00/ }).waitFor()
    expect(await freezeAt(server, 'nights')).toEqual({
      key: 'nights',
      name: 'Nights',
      window: { weekly: { days: ['mon', 'tue'], from: '22:00', to: '06:00' } },
      zone: 'instance',
      environments: expect.toSatisfy(
        (keys: string[]) => keys.toSorted().join() === 'production,staging',
      ),
      instances: {
        keys: ['acme', 'globex'],
        tags: { region: 'eu', tier: ['internal', 'pilot'] },
      },
    })
  })

  test('is edited with the form that created it, and the edit is undone', async () => {
    const server = await givenCustomers()
    await server.ask('POST', 'freezes', { body: WEEKEND })
    const page = await newPerson(server)
    await page.goto('/freezes')
    await page.getByRole('button', { name: 'Edit Weekend' }).click()
    const save = page.getByRole('button', { name: /^Save/ })
    expect(await save.isDisabled()).toBe(true)
    expect(await page.getByLabel('tier=pilot').isChecked()).toBe(true)
    await page.getByRole('checkbox', { name: 'thu' }).check()
    await page.getByRole('checkbox', { name: 'sat' }).uncheck()
    await group(page, 'Environments').getByText('All').click()
    await group(page, 'Tags of instances').getByText('Any').click()
    await chooseOnly(page, 'Instances', ['acme'])
    await saveWith(page, 'It starts a day earlier')
    await page.getByRole('cell', { name: 'each thu and fri from 16:00 to mon 08:00' }).waitFor()
    const { environments: _, ...rest } = WEEKEND
    expect(await freezeAt(server, 'weekend')).toEqual({
      ...rest,
      window: { weekly: { ...WEEKEND.window.weekly, days: ['thu', 'fri'] } },
      instances: { keys: ['acme'] },
    })

    await page.keyboard.press('u')
    await page.getByRole('cell', { name: 'each fri and sat from 16:00 to mon 08:00' }).waitFor()
    expect(await freezeAt(server, 'weekend')).toEqual(WEEKEND)
  })

  test('keeps what was typed for another repetition, and every member without a field', async () => {
    const server = await givenCustomers()
    const once = { from: '2027-03-12T16:00', to: '2027-03-14T08:00' }
    const tags = { 'no=instance': 'has', tier: 'gone' }
    const body = { ...WEEKEND, window: { once }, instances: { keys: ['globex'], tags } }
    await server.ask('POST', 'freezes', { body })
    // The form must still show a retired instance.
    await server.ask('PATCH', 'instances/globex', { body: { status: 'retired' } })
    const page = await newPerson(server)
    await page.goto('/freezes')
    await page.getByRole('button', { name: 'Edit Weekend' }).click()
    await page.getByText('Each year').click()
    await page.getByLabel('From').fill('12-20')
    await page.getByText('Once', { exact: true }).click()
    expect(await page.getByLabel('From').inputValue()).toBe(once.from)
    await page.getByLabel('Name').fill('Launch')
    await saveWith(page, 'Its name was wrong')
    await page.getByRole('cell', { name: 'Launch', exact: true }).waitFor()
    expect(await freezeAt(server, 'weekend')).toEqual({ ...body, name: 'Launch' })
  })

  test('is edited from the calendar, and only by a key with the right', async () => {
    const server = await givenCustomers()
    const window = { yearly: { from: '01-01', to: '12-31' } }
    await server.ask('POST', 'freezes', { body: { ...WEEKEND, window, instances: undefined } })
    const page = await newPerson(server)
    await page.goto('/freezes?view=calendar&scope=production')
    await page.getByRole('button', { name: 'Edit Weekend' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Whole year')
    await saveWith(page, 'Its name was wrong')
    await page.getByRole('listitem').getByText('Whole year').first().waitFor()

    const key = await server.makeKey('admin', 'production')
    const limited = await newPerson(server, { key })
    await limited.goto('/freezes?view=calendar')
    const edit = limited.getByRole('button', { name: 'Edit Whole year' })
    await edit.waitFor()
    expect(await edit.isDisabled()).toBe(true)
    expect(await reasonOf(edit)).toMatch(/Your key is limited/)
  })
})
