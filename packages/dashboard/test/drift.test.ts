import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { connectSdk } from './connect-sdk.ts'
import { faultsOf } from './faults.ts'
import { focusGrid, newPerson, saveWith } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'
import { TOUCH_PHONE } from './windows.ts'

const ACME = 'production/acme'
const PILOT = { reason: 'Acme tests it first', owner: 'Dan' }

/**
 * A shop with four instances, in which acme alone differs: by new-checkout and search without a
 * note, by reports with an expired one, and by theme with a valid one.
 */
async function givenDrift(): Promise<TestServer> {
  const server = await givenShop()
  for (const key of ['hooli', 'initech']) await server.ask('POST', 'instances', { body: { key } })
  const notes = {
    search: undefined,
    reports: { ...PILOT, expiresAt: '2026-01-31T12:00:00Z' },
    theme: { ...PILOT, expiresAt: '2999-01-31T12:00:00Z' },
  }
  for (const [key, note] of Object.entries(notes)) {
    const layers = { [ACME]: { on: true, ...(note && { note }) } }
    await server.ask('POST', 'flags', { body: { key, owner: 'Dan', layers } })
  }
  return server
}

const layerIn = async (server: TestServer, flag: string, scope = ACME) =>
  (await server.ask('GET', `flags/${flag}/layers/${scope}`)).body

const headers = (page: Page) => page.getByRole('rowheader').getByRole('link').allInnerTexts()

async function openDrift(page: Page, search = '') {
  await page.goto(`/drift${search}`)
  await page.getByRole('grid').waitFor()
}

describe('the drift', () => {
  test('says where instances differ without wanting to, and by what the others do', async () => {
    const server = await givenDrift()
    const page = await newPerson(server)
    await page.goto('/')
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await page
      .getByText('In 4 instances of production, 3 flags differ without an explanation, and 1 with')
      .waitFor()
    expect(await headers(page)).toEqual(['new-checkout', 'reports', 'search', 'theme'])
    const row = (name: string) => page.getByRole('row').filter({ hasText: name })
    await row('new-checkout').getByText('acme: no note').waitFor()
    await row('reports').getByText('override of Dan expired on 31 Jan 2026').waitFor()
    await row('theme').getByText('override of Dan until 31 Jan 2999: Acme tests it').waitFor()
    const cell = (flag: string, name: string) => row(flag).getByRole('gridcell', { name })
    await cell('search', `${ACME}: on, set here, unexplained, no note`).waitFor()
    await cell('reports', `${ACME}: on, set here, unexplained, expired override`).waitFor()
    await cell('theme', `${ACME}: on, set here, explained, override`).waitFor()
    expect(await page.getByRole('grid').locator('.dashed').count()).toBe(3)
    expect(await page.getByRole('grid').locator('.solid').count()).toBe(1)
    await cell('theme', 'production/globex: off, as most scopes').waitFor()

    await page.getByLabel('Unexplained only').check()
    await page.getByRole('link', { name: 'theme' }).waitFor({ state: 'detached' })
    await page.getByLabel('Query').fill('owner:Dan')
    await page.getByRole('link', { name: 'new-checkout' }).waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('grid').waitFor()
    expect(await headers(page)).toEqual(['reports', 'search'])
  })

  test('names the flags that require a differing one, also where they are searched', async () => {
    const server = await givenDrift()
    const prerequisites = [{ flag: 'new-checkout', variants: ['on'] }]
    const body = { key: 'express', prerequisites, layers: { production: { on: true } } }
    expect((await server.ask('POST', 'flags', { body })).status).toBe(201)
    const page = await newPerson(server)
    await openDrift(page)
    await page.getByText('Flags that require it can differ with it:').waitFor()
    await page.getByRole('link', { name: 'express' }).waitFor()
    await page.getByLabel('Query').fill('flag:express')
    await page.getByText('because it requires another one is named with that one').waitFor()
  })

  test('has a card on the home page while a difference is unexplained', async () => {
    const server = await givenDrift()
    const page = await newPerson(server)
    await page.goto('/')
    const card = page.getByRole('listitem').filter({ hasText: 'Unexplained differences' })
    await card.getByText('3 flags').waitFor()
    await card.getByRole('link').click()
    await page.getByRole('link', { name: 'search' }).waitFor()
    expect(await page.getByLabel('Unexplained only').isChecked()).toBe(true)
    expect(await page.getByRole('link', { name: 'theme' }).count()).toBe(0)

    for (const flag of ['new-checkout', 'reports', 'search'])
      await server.ask('DELETE', `flags/${flag}/layers/${ACME}`)
    await page.goto('/')
    await page.getByText('Safe to stop watching').waitFor()
    expect(await card.count()).toBe(0)
  })

  test('follows the changes of other people without a reload', async () => {
    const server = await givenDrift()
    const page = await newPerson(server)
    await openDrift(page)
    await page.getByText(/^\s*live/).waitFor()
    await server.ask('DELETE', `flags/search/layers/${ACME}`)
    await page.getByRole('link', { name: 'search' }).waitFor({ state: 'detached' })

    for (const flag of ['new-checkout', 'reports', 'theme'])
      await server.ask('DELETE', `flags/${flag}/layers/${ACME}`)
    await page.getByRole('heading', { name: 'All 4 instances of production serve alike' }).waitFor()
    await page.getByText('A flag appears here once two of them serve it differently.').waitFor()
  })

  test('loads the next page when people come near the end of the rows', async () => {
    const server = await givenDrift()
    const keys = Array.from({ length: 210 }, (_, i) => `flag-${String(i).padStart(3, '0')}`)
    const layers = { [ACME]: { on: true, note: PILOT } }
    for (const key of keys) await server.ask('POST', 'flags', { body: { key, layers } })
    const page = await newPerson(server)
    await openDrift(page)
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('215')
    await page.getByText('3 flags differ without an explanation, and 211 with one.').waitFor()
    await focusGrid(page)
    await page.keyboard.press('Control+End')
    await page.getByText('flag-196 differs in 1 of 4 scopes').waitFor()
    await page.getByRole('link', { name: 'flag-200' }).waitFor()
    await page.keyboard.press('Control+End')
    await page.getByText('theme differs in 1 of 4 scopes').waitFor()
  })

  test('shows at most 50 scopes, and lists every difference of a flag', async () => {
    const server = await givenShop()
    const keys = Array.from({ length: 58 }, (_, i) => `i-${String(i).padStart(2, '0')}`)
    for (const key of keys) await server.ask('POST', 'instances', { body: { key } })
    // Acme and globex serve alike, and each other instance a share of its own.
    await server.ask('PUT', 'flags/new-checkout/layers/production/globex', { body: { on: true } })
    for (const [i, key] of keys.entries()) {
      const body = { on: true, rollout: { percent: i + 1 }, fallthrough: { variant: 'off' } }
      await server.ask('PUT', `flags/new-checkout/layers/production/${key}`, { body })
    }
    // Columns off screen are not drawn.
    const page = await newPerson(server, { viewport: { width: 4_000, height: 900 } })
    await openDrift(page)
    await page.getByText('beside the 50 of 60 scopes that differ most').waitFor()
    expect(await page.getByRole('columnheader').count()).toBe(52)
    expect(await page.getByRole('gridcell', { name: /unexplained, no note$/ }).count()).toBe(50)
    const differences = page.getByRole('button', { name: 'Mark as intended new-checkout' })
    expect(await differences.count()).toBe(50)
    await page.getByRole('button', { name: 'Show 8 more' }).click()
    expect(await differences.count()).toBe(58)
  })

  test('compares environments, and a list of scopes of the URL', async () => {
    const server = await givenDrift()
    await server.ask('POST', 'environments', { body: { key: 'staging', order: 1 } })
    await server.ask('PATCH', 'environments/production', { body: { order: 2 } })
    await server.ask('PUT', 'flags/search/layers/staging', { body: { on: true } })
    const page = await newPerson(server)
    await openDrift(page)
    await page.getByRole('combobox', { name: 'Compare' }).selectOption('environments')
    await page.getByText('In 2 scopes, 1 flag differs').waitFor()
    expect(await headers(page)).toEqual(['search'])

    await page.getByRole('combobox', { name: 'Compare' }).selectOption('a list of scopes')
    await page.getByLabel('Scopes, separated by commas').fill(`staging, ${ACME},production/globex`)
    await page.keyboard.press('Enter')
    await page.getByRole('columnheader', { name: 'production/globex' }).waitFor()
    await page.reload()
    await page.getByRole('columnheader', { name: 'production/globex' }).waitFor()
    await page.getByLabel('Scopes, separated by commas').fill('staging,production/acne')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Did you mean "production/acme"?').waitFor()
  })

  test('aligns a row after a comparison of fewer scopes has taken the focused one away', async () => {
    const server = await givenDrift()
    await server.ask('POST', 'environments', { body: { key: 'staging', order: 1 } })
    await server.ask('PUT', 'flags/search/layers/staging', { body: { on: true } })
    const page = await newPerson(server)
    await openDrift(page, '?scopes=production/*')
    await focusGrid(page)
    await page.keyboard.press('End')
    await page.getByRole('combobox', { name: 'Compare' }).selectOption('environments')
    await page.getByText('In 2 scopes, 1 flag differs').waitFor()
    await page.getByRole('button', { name: 'Align', exact: true }).click()
    await page.getByRole('heading', { name: 'Align 1 cell' }).waitFor()
    await page.getByText('1 flag and 4 cells change.').waitFor()
  })

  test('names the rollout that has moved a scope, with its link', async () => {
    const server = await givenDrift()
    const step = { audience: { share: 50 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
    const plan = {
      name: 'Globex',
      waves: [{ name: 'First', instances: { keys: ['globex'] }, steps: [step] }],
    }
    const body = { key: 'r1', flag: 'search', environment: 'production', plan }
    await server.ask('POST', 'rollouts', { body })
    await server.ask('POST', 'rollouts/r1/advance', { body: { scopes: ['production/globex'] } })
    const page = await newPerson(server)
    await openDrift(page, '?q=flag:search')
    const row = page.getByRole('row').filter({ hasText: 'search' })
    await row.getByText('globex: rollout').waitFor()
    await row.getByRole('link', { name: 'r1' }).click()
    await page.waitForURL('**/rollouts/r1')
  })

  test('has no fault for axe, neither on a phone, on which nothing is wider', async () => {
    const server = await givenDrift()
    const page = await newPerson(server, TOUCH_PHONE)
    await openDrift(page)
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement)
    expect(scrollWidth).toBe(clientWidth)
    expect(await page.getByRole('columnheader').allInnerTexts()).toEqual(['Flag'])
    await page.getByText('Acme tests it first').first().waitFor()
    await page.getByRole('row').filter({ hasText: 'theme' }).tap()
    await page.getByRole('heading', { name: 'theme differs in 1 of 4 scopes' }).waitFor()
    await page
      .getByText('Override of Dan until 31 Jan 2999: Acme', { exact: false })
      .last()
      .waitFor()
    const button = page.getByRole('button', { name: 'Edit the note' })
    expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    expect(await faultsOf(page, 'main')).toEqual([])
  })
})

describe('a difference', () => {
  test('is marked as intended by keys, and is then explained', async () => {
    const server = await givenDrift()
    const page = await newPerson(server)
    await openDrift(page)
    await focusGrid(page)
    for (const key of ['j', 'j', 'k', 'm']) await page.keyboard.press(key)
    await page.getByRole('heading', { name: `reports in ${ACME} differs on purpose` }).waitFor()
    // The old note stands in the form, with a last day that has passed.
    await page.keyboard.type(', and pays for it')
    await page.getByLabel('Last day, if it ends').fill('2999-12-24')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const row = page.getByRole('row').filter({ hasText: 'reports' })
    await row.getByText('override of Dan until 24 Dec 2999').waitFor()
    const { on, note } = (await layerIn(server, 'reports')) as { on: boolean; note: object }
    expect([on, note]).toEqual([
      true,
      expect.objectContaining({ owner: 'Dan', reason: `${PILOT.reason}, and pays for it` }),
    ])

    await page.keyboard.press('u')
    await row.getByText('override of Dan expired on 31 Jan 2026').waitFor()
  })

  test('is explained in the panel of its cell', async () => {
    const server = await givenDrift()
    const page = await newPerson(server)
    await openDrift(page)
    await focusGrid(page)
    for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key)
    await page.getByRole('heading', { name: `new-checkout in ${ACME}` }).waitFor()
    await page.getByText('No rule matches, so the default applies.').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Why new-checkout' }).click()
    await page.getByText('No rule matches, so the default applies.').waitFor()
  })
})

test('cells are selected by keys, the mouse and the list, and cleared by Escape', async () => {
  const server = await givenDrift()
  const page = await newPerson(server)
  await openDrift(page)
  const status = (text: string) => page.getByRole('status').getByText(text, { exact: true })
  const hooli = page.getByRole('gridcell', { name: 'production/hooli: off' }).first()
  await hooli.click({ modifiers: ['Control'] })
  await status('1 cell selected').waitFor()
  await page.getByRole('checkbox', { name: `Select new-checkout in ${ACME}` }).check()
  await status('2 cells selected').waitFor()
  expect(
    await page.getByRole('checkbox', { name: 'Select new-checkout', exact: true }).isChecked(),
  ).toBe(true)
  await focusGrid(page)
  await page.keyboard.press('x')
  await status('1 cell selected').waitFor()
  await page.keyboard.press('Shift+ArrowDown')
  await status('3 cells selected').waitFor()
  expect(await page.getByRole('gridcell', { selected: true }).count()).toBe(3)
  await page.keyboard.press('Escape')
  await page.getByRole('gridcell', { selected: true }).first().waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Align', exact: true }).waitFor()
})

describe('an alignment', () => {
  const firstTwo = async (page: Page) => {
    await focusGrid(page)
    for (const key of ['x', 'j', 'x', 'a']) await page.keyboard.press(key)
    await page.getByRole('heading', { name: 'Align 2 cells' }).waitFor()
  }
  const lastChange = async (server: TestServer) =>
    (await server.ask<{ items: object[] }>('GET', 'changes?limit=1')).body.items[0]

  test('of two flags of an instance is one change by keys alone, and is undone', async () => {
    const server = await givenDrift()
    const acme = await connectSdk(server, ACME)
    const served = () => ['new-checkout', 'reports'].map((key) => acme.isEnabled(key))
    expect(served()).toEqual([true, true])

    const page = await newPerson(server)
    await openDrift(page)
    await firstTwo(page)
    await page.getByText('2 flags and 2 cells change.').waitFor()
    const moved = page.getByRole('list', { name: 'Users that move' }).getByRole('listitem')
    expect(await moved.count()).toBe(2)
    expect(await moved.first().textContent()).toMatch(
      /production\/acme\s+on\s+→\s*becomes\s+off\s+100 % of the users move/,
    )
    await page.getByLabel('Reason, for the change log').focus()
    await page.keyboard.type('The pilot is over')
    expect(served()).toEqual([true, true])
    await page.keyboard.press('Control+Enter')
    await page.getByRole('status').getByText('2 flags aligned as one change').waitFor()
    await expect.poll(served).toEqual([false, false])
    expect(await headers(page)).toEqual(['search', 'theme'])
    expect(await lastChange(server)).toMatchObject({
      action: 'project.edit',
      reason: 'The pilot is over',
      edits: [{ key: `new-checkout@${ACME}` }, { key: `reports@${ACME}` }],
    })

    await page.keyboard.press('u')
    await expect.poll(served).toEqual([true, true])
    await page.getByRole('link', { name: 'reports' }).waitFor()
  })

  test('shows the refusal of each flag, and aligns the others', async () => {
    const server = await givenDrift()
    await server.ask('PUT', 'flags/reports/layers/production', { body: { on: true } })
    await server.ask('POST', 'flags/reports/kill', { body: { scopes: [ACME] } })
    const page = await newPerson(server)
    await openDrift(page)
    const select = page.getByRole('checkbox', { name: 'Select reports', exact: true })
    await select.click()
    await page.getByRole('checkbox', { name: 'Select search', exact: true }).click()
    await page.getByRole('button', { name: 'Align 2 cells' }).click()
    const refusal = page.getByRole('dialog').getByRole('status')
    await refusal.getByText('The server refuses 1 flag, so the change leaves it out.').waitFor()
    await refusal.getByText(`it is killed in ${ACME}`).waitFor()
    await refusal.getByText('CANNOT_ALIGN').waitFor()
    await saveWith(page, 'The pilot is over')
    await page.getByText('1 flag aligned as one change').waitFor()
    await expect.poll(() => headers(page)).toEqual(['new-checkout', 'reports', 'theme'])
  })

  test('with a chosen reference names the intended difference that it replaces', async () => {
    const server = await givenDrift()
    const page = await newPerson(server)
    await openDrift(page, '?q=flag:theme')
    await focusGrid(page)
    await page.keyboard.press('a')
    await page.getByText('Replaces an intended difference').waitFor()
    const reference = page.getByLabel('Serve the same as')
    await reference.selectOption(ACME)
    await page.getByText('The selection is the reference itself.').waitFor()
    expect(
      await page
        .getByRole('button', { name: /^Align/ })
        .last()
        .isDisabled(),
    ).toBe(true)
    await reference.selectOption('production/hooli')
    await page.getByText('1 flag and 1 cell change.').waitFor()
    await saveWith(page, 'The contract has ended')
    await page.getByText('No flag that differs matches').waitFor()
    expect((await server.ask('GET', `flags/theme/layers/${ACME}`)).status).toBe(404)
  })

  test('in a protected and frozen environment demands a reason and an override', async () => {
    const server = await givenDrift()
    const freeze = { key: 'sale', window: { yearly: { from: '01-01', to: '12-31' } }, zone: 'UTC' }
    await server.ask('POST', 'freezes', { body: freeze })
    await server.ask('PATCH', 'environments/production', { body: { protected: true } })
    const page = await newPerson(server)
    await openDrift(page)
    await firstTwo(page)
    await page.getByRole('dialog').getByText('The freeze "sale" applies').first().waitFor()
    await page.getByLabel('Align although the freeze is in force').check()
    await page.getByText('100 % of the users move').first().waitFor()
    await page.keyboard.press('Control+Enter')
    expect(await layerIn(server, 'reports')).toMatchObject({ on: true })
    await saveWith(page, 'The pilot is over')
    await page.getByText('2 flags aligned as one change').waitFor()
    expect(await lastChange(server)).toMatchObject({ overrides: ['sale'] })
  })

  test('is refused to a key of an instance outside of it, with the missing right', async () => {
    const server = await givenDrift()
    const page = await newPerson(server, { key: await server.makeKey('admin', ACME) })
    await openDrift(page)
    await page.getByText('In 2 scopes, 3 flags differ without an explanation').waitFor()
    expect(await page.getByRole('main').textContent()).not.toContain('globex')
    const align = page.getByRole('button', { name: 'Align', exact: true })
    expect(await align.isEnabled()).toBe(true)

    await focusGrid(page)
    for (const key of ['ArrowRight', 'ArrowRight', 'a']) await page.keyboard.press(key)
    const right = `Your key is limited to ${ACME}. Use a key for production.`
    await page.getByRole('status').getByText(right).waitFor()
    expect(await align.isDisabled()).toBe(true)
    expect(await reasonOf(align)).toBe(right)
    expect(await page.getByRole('dialog').count()).toBe(0)

    await focusGrid(page)
    for (const key of ['ArrowRight', 'a']) await page.keyboard.press(key)
    await page.getByText('1 flag and 1 cell change.').waitFor()
    await saveWith(page, 'The pilot is over')
    await page.getByText('1 flag aligned as one change').waitFor()
  })
})
