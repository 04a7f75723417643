import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { faultsOf } from './faults.ts'
import { focusGrid, newPerson } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'

/** A shop with the flags banner, new-checkout and search. */
async function givenFlags(): Promise<TestServer> {
  const server = await givenShop()
  for (const key of ['banner', 'search']) await server.ask('POST', 'flags', { body: { key } })
  return server
}

async function openFlags(page: Page, path = '/flags') {
  await page.goto(path)
  await page.getByRole('gridcell', { name: /^production\/acme: on/ }).waitFor()
}

/** Cells of production by flag: of the environment, acme and globex. */
async function cellsOf(server: TestServer): Promise<Record<string, string | undefined>> {
  const { body } = await server.ask<{ flags: { key: string; cells: Record<string, string> }[] }>(
    'GET',
    'matrix',
  )
  return Object.fromEntries(body.flags.map(({ key, cells }) => [key, cells.production]))
}

const press = async (page: Page, ...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}
const selected = (page: Page, text: string) =>
  page.getByRole('status').getByText(`${text} selected`, { exact: true }).waitFor()
const choose = (page: Page, state: string) => page.getByText(state, { exact: true }).last().click()
const changes = async (server: TestServer) =>
  (await server.ask<{ items: { action: string; reason?: string }[] }>('GET', 'changes')).body.items

describe('the selection', () => {
  test('is cleared by Escape, also while single keys are turned off', async () => {
    const page = await newPerson(await givenFlags())
    await page.addInitScript(() =>
      localStorage.setItem('flaghoist-preferences', JSON.stringify({ singleKeys: false })),
    )
    await openFlags(page)
    await page.getByLabel('Select banner').click()
    await selected(page, '1 flag')
    await press(page, 'Shift+X')
    await selected(page, '1 flag')
    await press(page, 'Escape')
    await page.getByRole('button', { name: 'Edit' }).waitFor({ state: 'detached' })
  })

  test('takes cells and flags by keys, which screen readers announce', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    await focusGrid(page)
    await press(page, 'x')
    await selected(page, '1 flag')
    expect(await page.getByRole('rowheader', { selected: true }).allInnerTexts()).toEqual([
      'banner',
    ])
    await press(page, 'x', 'ArrowRight', 'ArrowRight', 'x', 'Shift+ArrowDown', 'Shift+ArrowRight')
    await selected(page, '4 cells of 2 flags')
    expect(await faultsOf(page, 'main')).toEqual([])
    await press(page, 'Shift+ArrowUp')
    await selected(page, '2 cells of 1 flag')
    expect(await page.getByRole('gridcell', { selected: true }).count()).toBe(2)
    expect(await page.getByRole('grid').getAttribute('aria-multiselectable')).toBe('true')

    await press(page, 'ArrowDown', 'ArrowDown', 'Shift+X')
    await selected(page, '6 cells of 3 flags')
    await press(page, 'Escape')
    await page.getByRole('gridcell', { selected: true }).first().waitFor({ state: 'detached' })
    await press(page, 'Shift+X')
    await selected(page, '3 cells of 3 flags')
  })

  test('takes cells and flags by the mouse, and all flags that match', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    await page.getByLabel('Select banner').click()
    await page.getByLabel('Select new-checkout').click()
    await selected(page, '2 flags')
    const row = page.getByRole('row', { name: /^banner/ })
    await row.getByRole('gridcell', { name: /^production\/acme/ }).click({ modifiers: ['Control'] })
    await selected(page, '2 flags and 1 cell of 1 flag')
    await page.getByRole('button', { name: 'Clear' }).click()

    await row.getByRole('gridcell', { name: /^production:/ }).click({ modifiers: ['Control'] })
    await row.getByRole('gridcell', { name: /^production\/globex/ }).click({ modifiers: ['Shift'] })
    await selected(page, '3 cells of 1 flag')
    await page.getByRole('button', { name: 'Select all 3 flags that match' }).click()
    await selected(page, '9 cells of 3 flags')

    await page.getByLabel('Query').fill('flag:search')
    await page.getByText('1 flag', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
  })
})

describe('an edit of a selection', () => {
  test('is one change, made by keys alone after its preview, and undone', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    await focusGrid(page)
    await press(page, 'ArrowRight', 'ArrowRight', 'Shift+X', 'e')
    await page.getByRole('dialog', { name: 'Edit 3 cells of 3 flags' }).waitFor()
    await page.getByRole('radio', { name: 'Share' }).waitFor()
    await press(page, 'Space')
    await page.getByText('3 flags and 8 cells change.').waitFor()
    const effect = page.getByRole('dialog').getByRole('listitem')
    expect(await effect.filter({ hasText: 'production/globex' }).first().textContent()).toMatch(
      /off[\s\S]*becomes[\s\S]*on/,
    )
    expect(await cellsOf(server)).toEqual({ banner: '---', 'new-checkout': '-+-', search: '---' })

    await page.getByLabel('Reason, for the change log').fill('Friday')
    await press(page, 'Control+Enter')
    await page.getByText('3 flags edited').waitFor()
    expect(await cellsOf(server)).toEqual({ banner: '+++', 'new-checkout': '+++', search: '+++' })
    expect((await changes(server))[0]).toMatchObject({ action: 'project.edit', reason: 'Friday' })

    await press(page, 'u')
    await expect
      .poll(() => cellsOf(server))
      .toEqual({ banner: '---', 'new-checkout': '-+-', search: '---' })
  })

  test('gives whole flags a share in chosen environments', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    for (const flag of ['banner', 'search']) await page.getByLabel(`Select ${flag}`).click()
    await page.getByRole('button', { name: 'Edit' }).click()
    await choose(page, 'Share')
    await page.getByRole('status').filter({ hasText: 'Choose the environments to edit.' }).waitFor()
    await page.getByRole('checkbox', { name: 'production' }).check()
    await page.getByLabel('Share of the users, %').fill('25')
    await page.getByText('25 % of the users move').first().waitFor()
    await press(page, 'Control+Enter')
    await page.getByText('2 flags edited').waitFor()
    expect(await cellsOf(server)).toMatchObject({ banner: '222', search: '222' })
  })

  test('claims nothing about the flags before it knows their variants', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    const answer = Promise.withResolvers<void>()
    await page.route('**/flags?limit=1000', async (route) => {
      await answer.promise
      await route.continue()
    })
    await focusGrid(page)
    await press(page, 'ArrowRight', 'ArrowRight', 'x', 'e')
    await choose(page, 'On')
    const status = page.getByRole('dialog').getByRole('status')
    await status.waitFor()
    expect(await status.textContent()).toBe('Loading the effect')
    answer.resolve()
    await page.getByText('1 flag and 3 cells change.').waitFor()
  })

  test('leaves out the flags that the server refuses, and names them with the reason', async () => {
    const server = await givenFlags()
    const rule = { when: [[{ attribute: 'plan', op: 'in', values: ['pro'] }]] }
    await server.ask('PUT', 'flags/search/layers/production', {
      body: { on: true, rules: [{ ...rule, serve: { variant: 'on' } }] },
    })
    const theme = { key: 'theme', type: 'string', variants: [{ key: 'a', value: 'a' }] }
    await server.ask('POST', 'flags', { body: theme })
    const page = await newPerson(server)
    await openFlags(page)
    for (const flag of ['banner', 'new-checkout', 'search', 'theme'])
      await page.getByLabel(`Select ${flag}`).click()
    await press(page, 'e')
    await page.getByRole('checkbox', { name: 'production' }).check()
    await choose(page, 'On')
    await page.getByText('The server refuses 2 flags').waitFor()
    await page.getByText('The last rule of flag "search" has no effect').waitFor()
    await page
      .getByRole('listitem')
      .filter({ hasText: /^theme/ })
      .waitFor()
    await page.getByText('2 flags and 5 cells change.').waitFor()
    await press(page, 'Control+Enter')
    await page.getByText('2 flags edited').waitFor()
    expect(await cellsOf(server)).toEqual({
      banner: '+++',
      'new-checkout': '+++',
      search: '***',
      theme: '---',
    })
  })

  test('deletes the layers of the cells that have one, so that they inherit', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    await focusGrid(page)
    await press(page, 'ArrowRight', 'ArrowRight', 'ArrowRight', 'Shift+X', 'e')
    await choose(page, 'Inherit')
    await page.getByText('1 flag and 1 cell change.').waitFor()
    await press(page, 'Control+Enter')
    await page.getByText('1 flag edited').waitFor()
    const { body } = await server.ask('GET', 'flags/new-checkout')
    expect(body.layers).not.toHaveProperty('production/acme')
  })

  test('of a protected and frozen environment needs a reason and an override', async () => {
    const server = await givenFlags()
    await server.ask('PATCH', 'environments/production', { body: { protected: true } })
    const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
    await server.ask('POST', 'freezes', { body: { key: 'peak', zone: 'UTC', window } })
    const page = await newPerson(server)
    await openFlags(page)
    await page
      .getByRole('gridcell', { name: 'production: off' })
      .first()
      .click({
        modifiers: ['Control'],
      })
    await press(page, 'e')
    await choose(page, 'On')
    await page.getByText('SCOPE_FROZEN').waitFor()
    const save = page.getByRole('button', { name: 'Save as one change' })
    expect(await save.isDisabled()).toBe(true)

    await page.getByLabel('Save although the freeze is in force').check()
    await page.getByText('1 flag and 3 cells change.').waitFor()
    await save.click()
    expect(await page.getByRole('dialog').count()).toBe(1)
    expect(await changes(server)).not.toContainEqual(
      expect.objectContaining({ action: 'project.edit' }),
    )
    await page.getByLabel('Reason, for the change log').fill('Fix')
    await save.click()
    await expect.poll(async () => (await cellsOf(server)).banner).toBe('+++')
  })

  test('learns of a change of another person, and shows the effect anew', async () => {
    const server = await givenFlags()
    const page = await newPerson(server)
    await openFlags(page)
    await focusGrid(page)
    await press(page, 'ArrowRight', 'ArrowRight', 'Shift+X', 'e')
    await choose(page, 'On')
    await page.getByText('3 flags and 8 cells change.').waitFor()
    await server.ask('PUT', 'flags/banner/layers/production', { body: { on: true } })

    await press(page, 'Control+Enter')
    await page.getByRole('alert').getByText('VERSION_CONFLICT').waitFor()
    await page.getByText('3 flags and 5 cells change.').waitFor()
    await press(page, 'Control+Enter')
    await expect
      .poll(() => cellsOf(server))
      .toEqual({ banner: '+++', 'new-checkout': '+++', search: '+++' })
  })

  test('names the right that a key of an instance lacks', async () => {
    const server = await givenFlags()
    const key = await server.makeKey('admin', 'production/acme')
    const page = await newPerson(server, { key })
    await openFlags(page)
    await focusGrid(page)
    await press(page, 'ArrowRight', 'ArrowRight', 'x')
    const edit = page.getByRole('button', { name: 'Edit' })
    await edit.and(page.locator('[aria-disabled=true]')).waitFor()
    expect(await reasonOf(edit)).toBe(
      'Your key is limited to production/acme. Use a key for production.',
    )
    await press(page, 'e')
    await page.getByRole('status').getByText('Your key is limited to production/acme.').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    await focusGrid(page)
    await press(page, 'x', 'ArrowRight', 'x', 'e')
    await choose(page, 'Off')
    await page.getByText('Settings of 1 flag change, but no cell does.').waitFor()
  })
})
