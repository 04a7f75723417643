import { describe, expect, test } from 'vitest'
import { newPerson, saveWith } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'

describe('a flag', () => {
  test('is created from the palette, edited, and both are undone', async () => {
    const server = await givenShop()
    const stored = async () => (await server.ask('GET', 'flags/express')).body
    const page = await newPerson(server, { timezoneId: 'UTC' })
    await page.goto('/flags')
    await page.getByRole('button', { name: 'Create a flag' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search flags and commands' }).fill('create a flag')
    await page.keyboard.press('Enter')
    await page.getByLabel('Key, as the code names it').fill('express')
    await page.getByLabel('Kind').selectOption('experiment')
    await page.getByLabel('Tags').fill('area=cart')
    await page.getByLabel('Last day').fill('2999-12-24')
    await saveWith(page, 'Fewer steps')
    await page.waitForURL('**/flags/express')
    expect(await stored()).toMatchObject({
      type: 'boolean',
      kind: 'experiment',
      tags: { area: 'cart' },
      clientVisible: false,
      expectedRemovalAt: '2999-12-24T23:59:59.000Z',
    })

    await page.getByRole('button', { name: 'Edit express' }).click()
    expect(await page.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true)
    await page.getByLabel('Description').fill('One page')
    await page.getByLabel('Last day').fill('')
    await page.getByLabel('Browsers and apps receive it').check()
    await saveWith(page, 'The web shop needs it')
    await page.getByText('One page', { exact: true }).waitFor()
    expect(await stored()).toMatchObject({ description: 'One page', clientVisible: true })
    expect(await stored()).not.toHaveProperty('expectedRemovalAt')

    await page.keyboard.press('u')
    await page.getByText('One page', { exact: true }).waitFor({ state: 'detached' })
    expect(await stored()).toMatchObject({ expectedRemovalAt: '2999-12-24T23:59:59.000Z' })
  })

  test('is undone after its message has gone: the message comes back first', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.clock.install()
    await page.goto('/flags/new-checkout')
    const nothing = page.getByText('Nothing to undo on this page.')
    await page.getByRole('button', { name: 'Edit new-checkout' }).waitFor()
    await page.keyboard.press('u')
    await nothing.waitFor()
    await page.getByRole('button', { name: 'Edit new-checkout' }).click()
    await page.getByLabel('Description').fill('One page')
    await saveWith(page, 'Fewer steps')
    const undo = page.getByRole('button', { name: 'Undo' })
    await undo.waitFor()
    await page.clock.fastForward(10_000)
    await undo.waitFor({ state: 'detached' })

    await page.keyboard.press('u')
    await undo.waitFor()
    await page.keyboard.press('u')
    await page.getByText('One page', { exact: true }).waitFor({ state: 'detached' })
    await page.clock.fastForward(10_000)
    await page.keyboard.press('u')
    await nothing.waitFor()
  })

  test('that becomes permanent has no planned removal that makes it overdue', async () => {
    const server = await givenShop()
    const body = { expectedRemovalAt: '2020-01-01T12:00:00Z' }
    await server.ask('PATCH', 'flags/new-checkout', { body })
    const page = await newPerson(server)
    await page.goto('/flags/new-checkout')
    await page.getByText('overdue for removal').waitFor()
    await page.getByRole('button', { name: 'Edit new-checkout' }).click()
    await page.getByLabel('Permanent').check()
    await saveWith(page, 'A switch for incidents')
    await page.getByText('overdue for removal').waitFor({ state: 'detached' })
    expect((await server.ask('GET', 'flags/new-checkout')).body).toMatchObject({ permanent: true })
  })

  test('cannot be created or edited by a key of an instance, and the button says why', async () => {
    const server = await givenShop()
    const key = await server.makeKey('admin', 'production/acme')
    const page = await newPerson(server, { key })
    for (const [path, name] of [
      ['/flags', 'Create a flag'],
      ['/flags/new-checkout', 'Edit new-checkout'],
    ] as const) {
      await page.goto(path)
      const button = page.getByRole('button', { name })
      await button.waitFor()
      expect(await button.isDisabled()).toBe(true)
      expect(await reasonOf(button)).toMatch(/Your key is limited/)
    }
  })
})
