import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { connectSdk } from './connect-sdk.ts'
import { faultsOf } from './faults.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'

const PRODUCTION = 'production'

/** A program of an instance in production. */
const connect = (server: TestServer) => connectSdk(server, 'production/globex')

/** The form of a new flag. */
async function openForm(page: Page): Promise<void> {
  await page.goto('/flags')
  await page.getByRole('button', { name: 'Create a flag' }).click()
}

const variant = (page: Page, number: number) =>
  page.getByRole('group', { name: `Variant ${number}` })

async function fillVariant(page: Page, number: number, [key, value]: [string, string]) {
  await variant(page, number).getByLabel('Key').fill(key)
  await variant(page, number).getByLabel('Value').fill(value)
}

/** Turns the flag of the page on in production. */
async function turnOn(page: Page): Promise<void> {
  await page.getByRole('group', { name: 'Switch' }).getByText('On').click()
  await page.getByText(/Not saved: .* of the users move/).waitFor()
  await page.getByRole('button', { name: `Save in ${PRODUCTION}` }).click()
  await page.getByText(`is changed in ${PRODUCTION}`).waitFor()
}

const hasFocus = (field: Locator) => field.evaluate((element) => element === document.activeElement)

describe('a flag', () => {
  test('of type string is created by clicks, turned on, and served', async () => {
    const server = await givenShop()
    const flags = await connect(server)
    const text = () => flags.value('button-text', 'Order')
    const page = await newPerson(server)
    await openForm(page)
    await page.getByLabel('Key, as the code names it').fill('button-text')
    await page.getByText('String', { exact: true }).click()
    await fillVariant(page, 1, ['short', 'Buy'])
    await fillVariant(page, 2, ['extra', ''])
    await page.getByRole('button', { name: 'Add a variant' }).click()
    await fillVariant(page, 3, ['long', 'Buy now,\npay "later"'])
    await page.getByLabel('Default, served while it is on').selectOption('long')
    await page.getByLabel('Off variant, served while it is off').selectOption('extra')
    await page.getByRole('button', { name: 'Remove extra' }).click()
    await saveWith(page, 'Which text sells more?')

    await page.waitForURL('**/flags/button-text')
    expect((await server.ask('GET', 'flags/button-text')).body).toMatchObject({
      type: 'string',
      variants: [
        { key: 'short', value: 'Buy' },
        { key: 'long', value: 'Buy now,\npay "later"' },
      ],
      // The removed variant is neither served nor the off variant.
      layers: { '*': { on: false, fallthrough: { variant: 'long' } } },
    })
    expect(text()).toBe('Order')
    await turnOn(page)
    await expect.poll(text).toBe('Buy now,\npay "later"')
  })

  test('of type JSON is created by keys alone, once its values are JSON', async () => {
    const server = await givenShop()
    const flags = await connect(server)
    const page = await newPerson(server)
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    await page.goto('/flags')
    await page.getByRole('button', { name: 'Create a flag' }).waitFor()
    await press('Control+k')
    const search = page.getByRole('combobox', { name: 'Search flags and commands' })
    await search.waitFor()
    await page.keyboard.type('create a flag')
    await page.getByRole('option', { name: 'Create a flag' }).waitFor()
    await press('Enter')
    await page.getByRole('dialog', { name: 'Create a flag' }).waitFor()
    await page.keyboard.type('layout')
    await press('Tab', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'Tab')
    await page.keyboard.type('narrow')
    await press('Tab')
    await page.keyboard.type('{"columns": two}')
    await page.getByText('This is not JSON').waitFor()
    await press('Tab', 'Tab')
    await page.keyboard.type('wide')
    await press('Tab')
    await page.keyboard.type('{"columns": 3}')
    await press('Tab', 'Tab', 'Tab')
    const served = page.getByLabel('Default, served while it is on')
    await expect.poll(() => hasFocus(served)).toBe(true)
    await press('ArrowDown', 'Tab', 'ArrowDown', 'Control+Enter')
    // The first value is the one to correct.
    const value = variant(page, 1).getByLabel('Value')
    await expect.poll(() => hasFocus(value)).toBe(true)
    expect(await faultsOf(page, 'dialog')).toEqual([])
    await press('Control+a')
    await page.keyboard.type('{"columns": 2}')
    await press('Control+Enter')

    await page.waitForURL('**/flags/layout')
    expect((await server.ask('GET', 'flags/layout')).body).toMatchObject({ type: 'json' })
    await expect.poll(() => flags.value('layout', {})).toEqual({ columns: 2 })
    const body = { scope: 'production/globex', context: {} }
    await server.ask('PATCH', 'flags/layout/layers/production', { body: { on: true } })
    const answer = await server.ask('POST', 'flags/layout/evaluate', { body })
    expect(answer.body).toMatchObject({ value: { columns: 3 }, variant: 'wide' })
  })

  test('of type number has numbers only, and one variant is enough', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await openForm(page)
    await page.getByLabel('Key, as the code names it').fill('page-size')
    await page.getByText('Number', { exact: true }).click()
    await page.getByRole('button', { name: 'Remove variant 2' }).click()
    expect(await page.getByRole('button', { name: 'Remove variant 1' }).isDisabled()).toBe(true)
    await fillVariant(page, 1, ['usual', 'twenty'])
    await page.getByText('Write a number, such as 20 or 0.5.').waitFor()
    await page.keyboard.press('Control+Enter')
    expect(await page.getByRole('dialog').count()).toBe(1)
    await fillVariant(page, 1, ['usual', '-0.5'])
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/flags/page-size')
    expect((await server.ask('GET', 'flags/page-size')).body).toMatchObject({
      variants: [{ key: 'usual', value: -0.5 }],
    })
  })

  test('of type boolean has other variants if the person names them', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await openForm(page)
    await page.getByLabel('Key, as the code names it').fill('express')
    await page.getByText('JSON', { exact: true }).click()
    await page.getByText('Boolean', { exact: true }).click()
    await page.getByRole('button', { name: 'Name them' }).click()
    await variant(page, 1).getByLabel('Key').fill('one-page')
    await variant(page, 2).getByLabel('Key').fill('three-pages')
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/flags/express')
    expect((await server.ask('GET', 'flags/express')).body).toMatchObject({
      variants: [
        { key: 'one-page', value: true },
        { key: 'three-pages', value: false },
      ],
      layers: { '*': { on: false, off: 'three-pages' } },
    })
  })

  test('that the server refuses shows each reason at its field', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await openForm(page)
    const key = page.getByLabel('Key, as the code names it')
    await key.fill('new-checkout')
    await page.getByText('String', { exact: true }).click()
    await fillVariant(page, 1, ['Short one', 'Buy'])
    await fillVariant(page, 2, ['long', 'Buy now'])
    await page.keyboard.press('Control+Enter')
    const alert = page.getByRole('alert')
    await alert.getByText('Each marked field says why.').waitFor()
    // The default names the same variant, and needs no word of its own.
    expect(await alert.getByRole('listitem').count()).toBe(0)
    const first = variant(page, 1).getByLabel('Key')
    expect(await first.getAttribute('aria-invalid')).toBe('true')
    await expect.poll(() => hasFocus(first)).toBe(true)
    expect(await faultsOf(page, 'dialog')).toEqual([])
    await first.fill('long')
    expect(await first.getAttribute('aria-invalid')).toBe(null)

    await page.keyboard.press('Control+Enter')
    await page.getByText('The flag "new-checkout" already exists.').waitFor()
    await expect.poll(() => hasFocus(key)).toBe(true)
    await key.fill('button-text')
    await page.keyboard.press('Control+Enter')
    await variant(page, 2).getByText('Two variants have the key "long".').waitFor()
    // What is marked stays with its field.
    await page.getByRole('button', { name: 'Remove long' }).first().click()
    await variant(page, 1).getByText('Two variants have the key "long".').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/flags/button-text')
  })

  test('is created in a project with a protected environment, where it changes nothing', async () => {
    const server = await givenShop()
    await server.ask('PATCH', 'environments/production', { body: { protected: true } })
    const page = await newPerson(server)
    await openForm(page)
    await page.getByLabel('Key, as the code names it').fill('button-text')
    await page.getByText('String', { exact: true }).click()
    await fillVariant(page, 1, ['short', 'Buy'])
    await fillVariant(page, 2, ['long', 'Buy now'])
    await saveWith(page, 'Which text sells more?')
    await page.waitForURL('**/flags/button-text')
  })
})

describe('the value of a variant', () => {
  const short = { key: 'short', value: 'Buy' }
  const long = { key: 'long', value: 'Buy now' }

  async function givenText(): Promise<{ server: TestServer; page: Page }> {
    const server = await givenShop()
    const layers = { '*': { on: true, fallthrough: { variant: 'short' } } }
    const body = { key: 'button-text', type: 'string', variants: [short, long], layers }
    expect((await server.ask('POST', 'flags', { body })).status).toBe(201)
    const page = await newPerson(server)
    await page.goto('/flags/button-text?scope=production')
    return { server, page }
  }

  test('is text without quotes, and is served at once', async () => {
    const { server, page } = await givenText()
    const flags = await connect(server)
    await page.getByRole('button', { name: 'Edit short' }).click()
    const value = page.getByLabel('Value')
    expect(await value.inputValue()).toBe('Buy')
    expect(await page.getByRole('button', { name: /^Save the/ }).isDisabled()).toBe(true)
    await value.fill('42')
    const moved = page.getByRole('list', { name: 'Users that move' })
    await moved.getByText('production/acme').waitFor()
    await moved.getByText('100 % of the users move').first().waitFor()
    expect(await faultsOf(page, 'dialog')).toEqual([])
    await saveWith(page, 'The answer')
    await expect.poll(() => flags.value('button-text', '')).toBe('42')
    await page.keyboard.press('u')
    await expect.poll(() => flags.value('button-text', '')).toBe('Buy')
  })

  test('is kept on top of what another person saves meanwhile', async () => {
    const { server, page } = await givenText()
    const variantsOf = async () =>
      (await server.ask<{ variants: object[] }>('GET', 'flags/button-text')).body.variants
    const store = (variants: readonly object[]) =>
      server.ask('PATCH', 'flags/button-text', { body: { variants } })
    await page.getByRole('button', { name: 'Edit short' }).click()
    await page.getByLabel('Value').fill('Order')
    await store([{ ...short, value: 'Pay', description: 'One word' }, long])
    await page.keyboard.press('Control+Enter')
    await page.getByText('You both changed value: saving replaces theirs').waitFor()
    expect(await variantsOf()).toMatchObject([{ value: 'Pay' }, long])
    expect(await page.getByLabel('Description').inputValue()).toBe('One word')
    await saveWith(page, 'Ours is better')
    expect(await variantsOf()).toEqual([
      { ...short, value: 'Order', description: 'One word' },
      long,
    ])

    await page.getByRole('button', { name: 'Edit long' }).click()
    await page.getByLabel('Value').fill('Order now')
    await store([short])
    await page.keyboard.press('Control+Enter')
    const alert = page.getByRole('alert')
    await alert.getByText('Another person has removed the variant "long"').waitFor()
    expect(await variantsOf()).toEqual([short])
  })

  test('of a new variant is refused at its field', async () => {
    const { page } = await givenText()
    await page.getByRole('button', { name: 'Add a variant' }).click()
    await page.getByLabel('Key', { exact: true }).fill('short')
    await page.getByLabel('Value').fill('x'.repeat(70_000))
    await page.keyboard.press('Control+Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Two variants have the key "short".').waitFor()
    await dialog.getByText('Store the data elsewhere').waitFor()
    expect(await dialog.getByRole('alert').getByRole('listitem').count()).toBe(0)
  })
})

describe('a prerequisite', () => {
  const isOn = async (server: TestServer) => {
    const body = { scope: 'production/acme', context: {} }
    const answer = await server.ask<{ value: boolean }>('POST', 'flags/express/evaluate', { body })
    return answer.body.value
  }

  async function givenExpress(): Promise<{ server: TestServer; page: Page }> {
    const server = await givenShop()
    const body = { key: 'express', layers: { production: { on: true } } }
    expect((await server.ask('POST', 'flags', { body })).status).toBe(201)
    await server.ask('POST', 'flags', { body: { key: 'payments' } })
    const page = await newPerson(server)
    await page.goto('/flags/express?scope=production')
    return { server, page }
  }

  const open = (page: Page) => page.getByRole('button', { name: 'Edit the prerequisites' }).click()

  test('is set and removed by keys alone, and the undo sets it again', async () => {
    const { server, page } = await givenExpress()
    expect(await isOn(server)).toBe(true)
    const edit = page.getByRole('button', { name: 'Edit the prerequisites' })
    await edit.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Enter')
    const flag = page.getByLabel('Flag', { exact: true })
    await flag.waitFor()
    await page.keyboard.type('pay')
    await page.getByText('There is no flag "pay".').waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => flag.inputValue()).toBe('payments')
    const on = page.getByLabel('on', { exact: true })
    await on.waitFor()
    expect(await on.isChecked()).toBe(true)
    await page.keyboard.press('Control+Enter')
    await page.getByText('payments serves on').waitFor()
    expect(await isOn(server)).toBe(false)
    await server.ask('PATCH', 'flags/payments/layers/production', { body: { on: true } })
    expect(await isOn(server)).toBe(true)
    await server.ask('PATCH', 'flags/payments/layers/production', { body: { on: false } })

    await open(page)
    await page.getByRole('button', { name: 'Remove prerequisite 1' }).press('Enter')
    expect(await page.locator(':focus').textContent()).toContain('Add a prerequisite')
    // No program meets it, so its removal moves everybody.
    const moved = page.getByRole('list', { name: 'Users that move' }).getByRole('listitem')
    await moved
      .filter({ hasText: 'production/acme' })
      .getByText('100 % of the users move')
      .waitFor()
    await page.getByText(/^Settings of 1 flag change\. Users move in \d scopes\./).waitFor()
    await saveWith(page, 'They pay by invoice')
    await page.getByText('None: the flag depends on no other.').waitFor()
    expect(await isOn(server)).toBe(true)
    await page.keyboard.press('u')
    await page.getByText('payments serves on').waitFor()
    expect(await isOn(server)).toBe(false)
  })

  test('is set although a freeze is in force, which the log shows', async () => {
    const { server, page } = await givenExpress()
    const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
    const freeze = { key: 'audit', name: 'Audit', environments: ['production'], window }
    expect((await server.ask('POST', 'freezes', { body: freeze })).status).toBe(201)
    await open(page)
    await page.getByRole('button', { name: 'Add a prerequisite' }).click()
    await page.getByLabel('Flag', { exact: true }).fill('payments')
    await page.getByText(/^No effect to show: The freeze "audit" applies in production/).waitFor()
    await page.getByLabel('Save although the freeze is in force').check()
    await page.getByText(/^Settings of 1 flag change\. Users move in \d scopes\./).waitFor()
    await saveWith(page, 'The audit found it')
    await page.getByText('payments serves on').waitFor()
    expect(await isOn(server)).toBe(false)
    const { body } = await server.ask<{ items: object[] }>('GET', 'changes?flag=express&limit=1')
    expect(body.items).toMatchObject([{ reason: 'The audit found it', overrides: ['audit'] }])
  })

  test('needs a flag that exists and a variant, and no circle', async () => {
    const { server, page } = await givenExpress()
    const needs = { prerequisites: [{ flag: 'express', variants: ['on'] }] }
    await server.ask('PATCH', 'flags/payments', { body: needs })
    await open(page)
    await page.getByRole('button', { name: 'Add a prerequisite' }).click()
    const flag = page.getByLabel('Flag', { exact: true })
    await flag.fill('nothing')
    await page.getByText('There is no flag "nothing".').waitFor()
    await page.keyboard.press('Control+Enter')
    await expect.poll(() => hasFocus(flag)).toBe(true)

    await flag.fill('payments')
    const on = page.getByLabel('on', { exact: true })
    await on.uncheck()
    await page.keyboard.press('Control+Enter')
    expect(await on.evaluate((box: HTMLInputElement) => box.validationMessage)).toBe(
      'Choose at least one.',
    )
    await on.check()
    await page.keyboard.press('Control+Enter')
    const circle = page.getByText(/would be its own prerequisite: express → payments → express/)
    await circle.waitFor()
    expect(await faultsOf(page, 'dialog')).toEqual([])
    expect((await server.ask('GET', 'flags/express')).body).toMatchObject({ prerequisites: [] })
  })

  test('is set with a new flag', async () => {
    const { server, page } = await givenExpress()
    await openForm(page)
    await page.getByLabel('Key, as the code names it').fill('invoices')
    await page.getByRole('button', { name: 'Add a prerequisite' }).click()
    await page.getByLabel('Flag', { exact: true }).fill('payments')
    await page.getByLabel('off', { exact: true }).check()
    await page.getByLabel('on', { exact: true }).uncheck()
    expect(await faultsOf(page, 'dialog')).toEqual([])
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/flags/invoices')
    await page.getByText('payments serves off').waitFor()
    expect((await server.ask('GET', 'flags/invoices')).body).toMatchObject({
      prerequisites: [{ flag: 'payments', variants: ['off'] }],
    })
  })

  test('stays on top of what another person saves meanwhile', async () => {
    const { server, page } = await givenExpress()
    await open(page)
    await page.getByRole('button', { name: 'Add a prerequisite' }).click()
    await page.getByLabel('Flag', { exact: true }).fill('payments')
    await page.getByLabel('on', { exact: true }).waitFor()
    const theirs = [{ flag: 'new-checkout', variants: ['on'] }]
    await server.ask('PATCH', 'flags/express', { body: { owner: 'Bob', prerequisites: theirs } })
    await page.keyboard.press('Control+Enter')
    await page.getByText('You both changed prerequisites').waitFor()
    await saveWith(page, 'Payments first')
    expect((await server.ask('GET', 'flags/express')).body).toMatchObject({
      owner: 'Bob',
      prerequisites: [{ flag: 'payments', variants: ['on'] }],
    })
  })
})
