import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson } from './people.ts'
import { allowed, reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'

const OPS = {
  key: 'ops',
  name: 'Operations',
  screen: 'flags',
  query: 'kind:ops',
  owner: 'Bob',
  parameters: { columns: 'production,@tags', open: 'none' },
}

/** A shop with a flag of each of two kinds, and the view of the operations. */
async function givenView(): Promise<TestServer> {
  const server = await givenShop()
  await server.ask('POST', 'flags', { body: { key: 'cache', kind: 'ops', owner: 'Dan' } })
  await server.ask('POST', 'views', { body: OPS })
  return server
}

const flagsOf = (page: Page) => page.getByRole('rowheader').getByRole('link').allTextContents()
const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)
const storedView = async (server: TestServer, key: string) =>
  (await server.ask('GET', `views/${key}`)).body

/** Runs a command of the palette by keys. */
async function run(page: Page, title: string) {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search flags and commands' }).fill(title)
  await page.getByRole('option', { name: title, exact: true }).waitFor()
  await page.keyboard.press('Enter')
}

/** Waits until the page shows the view of the operations. */
async function showsOps(page: Page) {
  await page.getByRole('columnheader', { name: 'Tags' }).waitFor()
  await expect.poll(() => flagsOf(page)).toEqual(['cache'])
  expect(searchOf(page)).toEqual({ q: 'kind:ops', view: 'ops', ...OPS.parameters })
}

describe('a view', () => {
  test('is saved by keys alone with its query and columns', async () => {
    const server = await givenView()
    const page = await newPerson(server)
    await page.goto('/flags?q=owner:Dan&columns=@kind,production')
    await page.getByRole('columnheader', { name: 'Kind' }).waitFor()
    await run(page, 'Save this view')
    await page.getByRole('dialog', { name: 'Save this view' }).waitFor()
    await page.getByRole('textbox', { name: 'Name' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.type("Dan's flags")
    expect(await page.getByLabel('Key, as its address names it').inputValue()).toBe('dan-s-flags')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('button', { name: "Dan's flags" }).waitFor()
    expect(await storedView(server, 'dan-s-flags')).toEqual({
      key: 'dan-s-flags',
      name: "Dan's flags",
      screen: 'flags',
      query: 'owner:Dan',
      owner: 'Ada',
      parameters: { columns: '@kind,production' },
    })
  })

  test('opens by its address, from the list and from the palette, exactly as it was', async () => {
    const server = await givenView()
    const page = await newPerson(server)
    await page.goto('/views/ops')
    await showsOps(page)

    await page.goto('/flags')
    await expect.poll(() => flagsOf(page)).toHaveLength(2)
    await page.keyboard.press('v')
    await page.getByRole('link', { name: 'Operations' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Enter')
    await showsOps(page)

    await page.goto('/settings')
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor()
    await run(page, 'Open the view Operations')
    await showsOps(page)
  })

  test('says that it is changed, and is updated; the undo takes the update back', async () => {
    const server = await givenView()
    const page = await newPerson(server)
    await page.goto('/views/ops')
    await showsOps(page)
    expect(await page.getByText('· changed').count()).toBe(0)
    await page.getByLabel('Query').fill('kind:ops owner:Dan')
    await page.getByText('· changed').waitFor()
    await page.getByRole('button', { name: 'Update the view' }).click()
    await page.getByText('· changed').waitFor({ state: 'detached' })
    expect(await storedView(server, 'ops')).toEqual({ ...OPS, query: 'kind:ops owner:Dan' })

    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await page.keyboard.press('u')
    await page.getByText('· changed').waitFor()
    expect(await storedView(server, 'ops')).toEqual(OPS)
  })

  test('is renamed under the same address, and deleted', async () => {
    const server = await givenView()
    const page = await newPerson(server)
    await page.goto('/views/ops')
    await page.getByRole('button', { name: 'Operations' }).click()
    await page.getByRole('button', { name: 'Rename Operations' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Switches')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('link', { name: 'Switches' }).waitFor()
    expect(await storedView(server, 'ops')).toEqual({ ...OPS, name: 'Switches' })

    await page.getByRole('button', { name: 'Delete Switches' }).click()
    await page.getByText('Links to /views/ops stop working').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByText('A view keeps a query and its columns').waitFor()
    expect(searchOf(page)).not.toHaveProperty('view')
    await page.goto('/views/ops')
    await page.getByRole('alert').getByText('There is no view "ops"').waitFor()
  })

  test('that another person has changed meanwhile is not overwritten', async () => {
    const server = await givenView()
    const page = await newPerson(server)
    await page.goto('/views/ops')
    await page.getByRole('button', { name: 'Operations' }).click()
    await page.getByRole('button', { name: 'Rename Operations' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Switches')
    await allowed(page.getByRole('button', { name: 'Rename the view' })).waitFor()
    await server.ask('PATCH', 'views/ops', { body: { name: 'Nights' } })
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').getByText('VERSION_CONFLICT').waitFor()
    expect(await storedView(server, 'ops')).toEqual({ ...OPS, name: 'Nights' })
  })

  test('is not offered to a key of an instance, and the page names the right', async () => {
    const server = await givenView()
    const key = await server.makeKey('admin', 'production/acme')
    const page = await newPerson(server, { key })
    await page.goto('/flags')
    await page.getByRole('button', { name: 'Views' }).click()
    const save = page.getByRole('button', { name: 'Save this view' })
    await save.waitFor()
    expect(await save.isDisabled()).toBe(true)
    expect(await reasonOf(save)).toMatch(/^Your key is limited to production\/acme\./)
    await page.getByText('A view keeps a query and its columns').waitFor()
    expect(await page.getByRole('link', { name: 'Operations' }).count()).toBe(0)
  })
})
