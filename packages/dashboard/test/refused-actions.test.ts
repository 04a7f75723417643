import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { faultsOf } from './faults.ts'
import { expectOnScreen } from './on-screen.ts'
import { newPerson } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'
import { PHONE } from './windows.ts'

/** A person whose key is limited to one instance. */
async function givenLimited(path: string, options = {}): Promise<Page> {
  const server = await givenShop()
  const key = await server.makeKey('admin', 'production/acme')
  const page = await newPerson(server, { key, ...options })
  await page.goto(path)
  return page
}

/** A person who has opened the form of a new freeze. */
async function givenFreezeForm() {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/freezes')
  await page.getByRole('button', { name: 'Create a freeze' }).first().click()
  return { server, page, dialog: page.getByRole('dialog') }
}

const reasonIn = (page: Page) =>
  page
    .getByRole('tooltip')
    .filter({ hasText: 'Your key is limited to production/acme.', visible: true })

describe('the button of a refused action', () => {
  test('has the focus, and shows its reason, which Escape hides', async () => {
    const page = await givenLimited('/keys')
    const button = page.getByRole('button', { name: 'Create a key' })
    await button.waitFor()
    while (!(await button.evaluate((element) => element === document.activeElement)))
      await page.keyboard.press('Tab')
    await expectOnScreen(reasonIn(page))
    const described = await button.evaluate(
      (element) => element.ariaDescribedByElements?.[0]?.textContent,
    )
    expect(described).toMatch(/^Your key is limited to production\/acme\./)
    expect(await faultsOf(page)).toEqual([])

    await page.keyboard.press('Escape')
    await reasonIn(page).waitFor({ state: 'hidden' })
    await page.keyboard.press('Enter')
    await reasonIn(page).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.keyboard.press('Tab')
    await reasonIn(page).waitFor({ state: 'hidden' })
  })

  test('shows its reason to the pointer, which can move onto the text', async () => {
    const page = await givenLimited('/keys')
    await page.getByRole('button', { name: 'Create a key' }).hover()
    await reasonIn(page).waitFor()
    const { x, y, width, height } = (await reasonIn(page).boundingBox())!
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 20 })
    await reasonIn(page).waitFor()
    await page.mouse.move(5, 400)
    await reasonIn(page).waitFor({ state: 'hidden' })
  })

  test('shows its reason on a tap, and sends nothing', async () => {
    const page = await givenLimited('/keys', { viewport: PHONE, hasTouch: true })
    const writes: string[] = []
    page.on('request', (request) => {
      if (request.method() !== 'GET') writes.push(request.url())
    })
    // A tap waits until a button is enabled.
    await page.getByRole('button', { name: 'Create a key' }).tap({ force: true })
    await expectOnScreen(reasonIn(page))
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.getByRole('heading', { level: 1 }).tap()
    await reasonIn(page).waitFor({ state: 'hidden' })
    expect(writes).toEqual([])
  })

  test('stands in a dialog, which the first Escape leaves open', async () => {
    const page = await givenLimited('/flags')
    await page.getByRole('button', { name: 'Views' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Save this view' }).focus()
    await expectOnScreen(reasonIn(page))
    expect(await faultsOf(page, 'dialog')).toEqual([])
    await page.keyboard.press('Escape')
    await reasonIn(page).waitFor({ state: 'hidden' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })
})

describe('the button of a form that cannot be sent', () => {
  test.for([
    ['nothing is edited', '/flags/new-checkout', 'Edit new-checkout', 'Nothing has changed yet.'],
    ['no flag is chosen', '/start-rollout', undefined, 'Choose a flag.'],
    ['the key is not repeated', '/settings', /^Delete the project/, 'Type "default" to confirm.'],
  ] as const)('says why, when %s', async ([, path, opener, reason]) => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto(path)
    if (opener) await page.getByRole('button', { name: opener }).first().click()
    const send = page.locator(opener ? 'dialog [type=submit]' : 'main [type=submit]')
    await send.waitFor()
    expect(await reasonOf(send)).toBe(reason)
  })

  test('goes on to say why, while the reason changes', async () => {
    const { page, dialog } = await givenFreezeForm()
    await dialog.getByText('Each week').click()
    const fri = dialog.getByRole('checkbox', { name: 'fri' })
    await fri.uncheck()
    const reason = (text: string) =>
      page.getByRole('tooltip').filter({ hasText: text, visible: true })
    await dialog.getByRole('button', { name: /^Create the freeze/ }).hover()
    await reason('Choose a day of the week.').waitFor()
    await fri.press('Space')
    await reason('Choose a day of the week.').waitFor({ state: 'detached' })

    await fri.press('Space')
    await page.getByText('Only these', { exact: true }).first().click()
    await dialog.getByRole('button', { name: /^Create the freeze/ }).hover()
    await reason('Choose a day of the week.').waitFor()
    await fri.press('Space')
    await reason('Choose an environment.').waitFor()
  })

  test('says no reason any more, and sends, once the form is complete', async () => {
    const { server, page, dialog } = await givenFreezeForm()
    await dialog.getByLabel('Key', { exact: true }).fill('nights')
    await dialog.getByText('Each week').click()
    await dialog.getByRole('checkbox', { name: 'fri' }).uncheck()
    await dialog.getByLabel('From').fill('22:00')
    await dialog.getByLabel('To', { exact: true }).fill('06:00')
    await dialog.getByLabel('Reason').fill('Nobody watches')
    const send = dialog.getByRole('button', { name: /^Create the freeze/ })
    expect(await reasonOf(send)).toBe('Choose a day of the week.')
    await page.keyboard.press('Enter')
    await dialog.waitFor()

    await dialog.getByRole('checkbox', { name: 'mon' }).check()
    await send.click()
    await dialog.waitFor({ state: 'detached' })
    expect((await server.ask('GET', 'freezes/nights')).status).toBe(200)
  })
})
