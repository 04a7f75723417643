import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { focusGrid, newPerson } from './people.ts'
import { givenShop } from './shop.ts'

/** A shop with the environments staging and production. */
async function givenEnvironments(): Promise<TestServer> {
  const server = await givenShop()
  await server.ask('POST', 'environments', { body: { key: 'staging', order: 1 } })
  await server.ask('PATCH', 'environments/production', { body: { order: 2 } })
  await server.ask('PATCH', 'flags/new-checkout', {
    body: { owner: 'Dan', description: 'Checkout in one page' },
  })
  return server
}

/** Waits until the grid has these columns, from left to right. */
async function hasColumns(page: Page, columns: string) {
  const heads = page.getByRole('columnheader')
  await expect
    .poll(async () => {
      const texts = await heads.allTextContents()
      return texts.map((text) => text.replaceAll(/[‹›]/g, '').trim()).join(' ')
    })
    .toBe(columns)
}

const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)

describe('the columns of the flags', () => {
  test('are chosen and moved by keys alone, and their link shows the same', async () => {
    const server = await givenEnvironments()
    const page = await newPerson(server)
    await page.goto('/flags')
    await hasColumns(page, 'Flag Owner staging production acme globex Changed')

    await page.keyboard.press('c')
    const columns = page.getByRole('list', { name: 'Columns in their order' })
    await columns.getByLabel('Owner').press('Space')
    await hasColumns(page, 'Flag staging production acme globex Changed')
    await columns.getByLabel('Description').press('Space')
    await columns.getByLabel('production').press('Alt+ArrowUp')
    expect(
      await columns.getByLabel('production').evaluate((one) => one === document.activeElement),
    ).toBe(true)
    await hasColumns(page, 'Flag production acme globex staging Changed Description')
    await page.keyboard.press('Escape')
    await page.getByRole('gridcell', { name: 'Checkout in one page' }).waitFor()
    expect(searchOf(page)).toEqual({ columns: 'production,staging,@changed,@description' })

    await page.reload()
    await hasColumns(page, 'Flag production acme globex staging Changed Description')
    await page.keyboard.press('c')
    await page.getByRole('button', { name: 'Use the usual columns' }).click()
    await hasColumns(page, 'Flag Owner staging production acme globex Changed')
    expect(searchOf(page)).toEqual({})
  })

  test('show chosen instances of an open environment, and none of the others', async () => {
    const server = await givenEnvironments()
    const page = await newPerson(server)
    await page.goto('/flags')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByText('Only these').click()
    await hasColumns(page, 'Flag Owner staging production Changed')
    await page.getByLabel('globex').check()
    await hasColumns(page, 'Flag Owner staging production globex Changed')
    await page.getByRole('button', { name: 'Done' }).click()
    // The cell is that of globex, which is the second instance.
    await page.getByRole('gridcell', { name: 'production/globex: off' }).waitFor()
    expect(searchOf(page)).toEqual({ instances: 'globex' })
  })

  test('that are hidden take their cells out of the selection', async () => {
    const server = await givenEnvironments()
    const page = await newPerson(server)
    await page.goto('/flags')
    await page.getByRole('gridcell', { name: 'staging: off' }).click({ modifiers: ['Control'] })
    await page.getByRole('gridcell', { name: 'production: off' }).click({ modifiers: ['Shift'] })
    await page.getByText('2 cells of 1 flag selected').waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'staging' }).uncheck()
    await page.getByText('1 cell of 1 flag selected').waitFor()
  })

  test('that no longer exist are left out', async () => {
    const server = await givenEnvironments()
    const page = await newPerson(server)
    await page.goto('/flags?columns=gone,production,@gone,@kind,production&open=none')
    await hasColumns(page, 'Flag production Kind')
    await page.goto('/flags?columns=@none')
    await hasColumns(page, 'Flag')
  })
})

test('of many columns, those off screen are not drawn, and keys lead to them', async () => {
  const server = await givenShop()
  for (let i = 10; i < 50; i += 1)
    await server.ask('POST', 'instances', { body: { key: `shop-${i}`, name: `Shop ${i}` } })
  const page = await newPerson(server, { viewport: { width: 900, height: 600 } })
  await page.goto('/flags')
  const first = page.getByRole('gridcell', { name: 'production/acme: on' })
  const last = page.getByRole('gridcell', { name: 'production/shop-49: off' })
  await first.waitFor()
  expect(await last.count()).toBe(0)
  const flag = await page.getByRole('rowheader', { name: 'new-checkout' }).boundingBox()

  await focusGrid(page)
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowLeft')
  await last.waitFor()
  await first.waitFor({ state: 'detached' })
  const grid = page.getByRole('grid')
  expect(await grid.getAttribute('aria-activedescendant')).toBe(await last.getAttribute('id'))
  expect(await page.getByRole('rowheader', { name: 'new-checkout' }).boundingBox()).toEqual(flag)
  const head = page.getByRole('columnheader', { name: 'shop-49' })
  expect(await last.getAttribute('aria-colindex')).toBe(await head.getAttribute('aria-colindex'))
  const [cellBox, headBox] = [await last.boundingBox(), await head.boundingBox()]
  expect(cellBox!.x).toBeCloseTo(headBox!.x, 0)

  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await first.waitFor()
  await last.waitFor({ state: 'detached' })
  // Screen readers read cells in the order of the document.
  const row = page.getByRole('row').filter({ has: first })
  const columns = await row
    .locator('[aria-colindex]')
    .evaluateAll((cells) => cells.map(({ ariaColIndex }) => Number(ariaColIndex)))
  expect(columns).toEqual(columns.toSorted((a, b) => a - b))
})

test('o shows the instances of the environment that has the focus, and hides them', async () => {
  const server = await givenEnvironments()
  const page = await newPerson(server)
  await page.goto('/flags')
  await hasColumns(page, 'Flag Owner staging production acme globex Changed')
  await focusGrid(page)
  const grid = page.getByRole('grid')
  for (const key of ['ArrowRight', 'ArrowRight', 'o']) await page.keyboard.press(key)
  await hasColumns(page, 'Flag Owner staging acme globex production Changed')
  // From there to the column that was closed, whose place has moved.
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'o']) await page.keyboard.press(key)
  await hasColumns(page, 'Flag Owner staging production acme globex Changed')
  await grid.and(page.locator('[aria-activedescendant="0-3"]')).waitFor()
  await page.keyboard.press('o')
  await hasColumns(page, 'Flag Owner staging production Changed')
})
