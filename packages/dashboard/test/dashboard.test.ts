import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { definition } from '../../../test-support/project.ts'
import { createFlags } from '../../sdk-node/src/index.ts'
import { ADMIN_KEY, type TestServer } from '../../server/test/http-server.ts'
import { isCodeOf } from './chunks.ts'
import { focusGrid, newPerson, newVisitor } from './people.ts'
import { allowed } from './refusals.ts'
import { givenShop } from './shop.ts'

const cellsOf = async (server: TestServer) => {
  const { body } = await server.ask<{ flags: { key: string; cells: Record<string, string> }[] }>(
    'GET',
    'matrix?query=flag:new-checkout',
  )
  return body.flags[0]!.cells.production
}

test('the home page says what needs a person, and that a quiet day needs nobody', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/')
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
  await page.getByText('No rollout is in progress.', { exact: true }).waitFor()

  await server.ask('POST', 'flags/new-checkout/kill?reason=Payments+fail', {
    body: { scopes: ['production/acme'] },
  })

  // Without a reload: the event stream announces the change.
  await page.getByRole('heading', { name: 'What needs you' }).waitFor()
  const card = page
    .getByRole('list', { name: 'Situations' })
    .getByText('Killed', { exact: true })
    .locator('..')
  expect(await card.textContent()).toMatch(
    /1 flag\s*FLAGHOIST_ADMIN_KEY killed "new-checkout" in production\/acme\.\s*Payments fail/,
  )
})

test('a card of the home page says what to do, and leads to where a person does it', async () => {
  const server = await givenShop()
  await server.ask('POST', 'flags/new-checkout/kill?reason=Payments+fail', {
    body: { scopes: ['*'] },
  })
  const page = await newPerson(server)
  await page.goto('/')
  await page.getByText('Use "restore" after a fix.').waitFor()
  await page.getByRole('link', { name: /killed "new-checkout" in all environments/ }).click()
  await page.getByRole('button', { name: 'Restore in every scope' }).click()
  await page.getByText('new-checkout serves its configuration again in every scope').waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
})

test('a card of the home page shows all of its situations on demand', async () => {
  const server = await givenShop()
  const flags = Array.from({ length: 4 }, (_, i) => `flag-${i}`)
  for (const key of flags) {
    await server.ask('POST', 'flags', { body: { key } })
    await server.ask('POST', `flags/${key}/kill?reason=Slow`, {
      body: { scopes: ['production/acme'] },
    })
  }
  const page = await newPerson(server)
  await page.goto('/')
  const links = page.getByRole('link', { name: /killed "flag-/ })
  const more = page.getByRole('button', { name: 'Show 2 more', expanded: false })
  await more.waitFor()
  expect(await links.count()).toBe(2)
  await more.press('Enter')
  await page.getByRole('button', { name: 'Show fewer', expanded: true }).waitFor()
  expect(await links.count()).toBe(4)
})

test('the home page leads to the rollout on which a person acts', async () => {
  const server = await givenShop()
  const step = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
  const plan = { waves: [{ name: 'All', instances: { rest: true }, steps: [step] }] }
  const body = { key: 'r1', flag: 'new-checkout', environment: 'production', plan }
  await server.ask('POST', 'rollouts', { body })
  await server.ask('POST', 'rollouts/r1/pause?reason=Friday', { body: {} })
  const page = await newPerson(server)
  await page.goto('/')
  await page
    .getByRole('link', { name: 'The rollout of "new-checkout" in production is paused.' })
    .click()
  await page.waitForURL('**/rollouts/r1')
  await page.goBack()
  await page.getByRole('link', { name: /^new-checkout: / }).click()
  await page.waitForURL('**/rollouts/r1')
})

/** A page with a row that was not loaded again after a change. */
async function givenFailedLoad() {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/flags')
  await page.getByRole('link', { name: 'new-checkout' }).waitFor()
  let failures = 0
  await page.route(/\/matrix\?/, (route) => {
    failures += 1
    return route.abort()
  })
  await server.ask('PATCH', 'flags/new-checkout', { body: { owner: 'Ada Lovelace' } })
  await expect.poll(() => failures).toBe(1)
  await page.unroute(/\/matrix\?/)
  return { page, server }
}

test('a row whose load failed is loaded again, without another change', async () => {
  const { page } = await givenFailedLoad()
  await page.getByText('Ada Lovelace').waitFor({ timeout: 20_000 })
})

test('a kill is shown at once, even if the last load of its row failed', async () => {
  const { page, server } = await givenFailedLoad()
  await server.ask('POST', 'flags/new-checkout/kill?reason=Payments+fail', {
    body: { scopes: ['production/acme'] },
  })
  // The next load of other changes would begin after 10 s.
  await page.locator('[aria-label^="production/acme: killed"]').waitFor({ timeout: 5_000 })
})

describe('a page that is older than the server', () => {
  /** A page whose files the server lacks after some time, as after an update. */
  async function givenOldPage() {
    const server = await givenShop()
    const page = await newPerson(server)
    const killDialog = page.waitForResponse(isCodeOf('src/kill/KillDialog.svelte'))
    await page.goto('/')
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
    await killDialog
    await page.route('**/assets/**', (route) => route.fulfill({ status: 404 }))
    return { page, server }
  }

  test('asks for a reload where a part of it is missing', async () => {
    const { page } = await givenOldPage()
    await page.getByRole('link', { name: 'Segments' }).click()
    const failure = page.getByRole('alert').filter({ hasText: 'could not be loaded' })
    await failure.waitFor()

    await page.unroute('**/assets/**')
    await failure.getByRole('button', { name: 'Reload' }).click()
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
    expect(await failure.isVisible()).toBe(false)
  })

  test('still kills a flag', async () => {
    const { page, server } = await givenOldPage()
    await page.keyboard.press('Shift+K')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Flag').fill('new-checkout')
    await dialog.getByLabel(/^Reason/).fill('Payments fail')
    await dialog.getByRole('button', { name: 'Kill now' }).click()
    await dialog.getByRole('heading', { name: 'new-checkout is killed' }).waitFor()
    expect(await cellsOf(server)).toBe('KKK')
  })
})

interface Sessions {
  readonly items: readonly { readonly id: string; readonly expiresAt: string }[]
}

async function sessionsOf(server: TestServer) {
  return (await server.ask<Sessions>('GET', '/api/v1/sessions')).body.items
}

async function endSessions(server: TestServer): Promise<void> {
  for (const { id } of await sessionsOf(server))
    await server.ask('DELETE', `/api/v1/sessions/${id}`)
}

/** Sets the faked clock to the instant at which the last session expires. */
async function expireSessions(server: TestServer): Promise<void> {
  const ends = (await sessionsOf(server)).map(({ expiresAt }) => Date.parse(expiresAt))
  vi.setSystemTime(Math.max(...ends))
}

async function signInAgain(page: Page): Promise<void> {
  const title = page.getByRole('heading', { name: 'Sign in again' })
  await title.waitFor()
  await page.getByLabel('Admin key').fill(ADMIN_KEY)
  await page.keyboard.press('Enter')
  await title.waitFor({ state: 'detached' })
}

describe('signing in', () => {
  test('with a wrong key shows the words of the API, and with a right one the flags', async () => {
    const server = await givenShop()
    const page = await newVisitor(server)
    await page.goto('/flags')
    await page.getByLabel('Admin key').fill('fh_admin_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const { body } = await server.ask('GET', '/api/v1/projects', { key: 'fh_admin_wrong' })
    await page.getByRole('alert').getByText(String(body.hint)).waitFor()

    await page.getByLabel('Admin key').fill(ADMIN_KEY)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'new-checkout' }).waitFor()
    const storage = await page.evaluate(() => JSON.stringify([localStorage, document.cookie]))
    expect(storage).not.toContain(ADMIN_KEY)
  })

  test.each([
    { event: 'ended', end: endSessions },
    { event: 'expired', end: expireSessions },
  ])('again after the session has $event keeps the text of a form', async ({ end }) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    onTestFinished(() => void vi.useRealTimers())
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/flags?cell=new-checkout@production/globex')
    await page.getByText('On', { exact: true }).click()
    await page.getByLabel('Reason, for the change log').fill('Globex is ready')
    const save = page.getByRole('button', { name: 'Save' })
    // The effect of the edit is shown: its request is not the one that meets the end.
    await allowed(save).waitFor()
    await end(server)
    await save.click()

    await signInAgain(page)
    await save.click()
    await expect.poll(() => cellsOf(server)).toBe('-++')
  })

  test('again shows the effect of an edit that was chosen after the session had ended', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/flags?cell=new-checkout@production/globex')
    const on = page.getByText('On', { exact: true })
    await on.waitFor()
    await endSessions(server)
    await on.click()

    await signInAgain(page)
    await page.getByLabel('Reason, for the change log').fill('Globex is ready')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => cellsOf(server)).toBe('-++')
  })

  test('again keeps the text of a dialog, which it covers', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/flags/new-checkout')
    await page.getByRole('button', { name: 'Edit new-checkout' }).click()
    await page.getByLabel('Description').fill('One page')
    await page.getByLabel('Reason, for the change log').fill('Fewer steps')
    await endSessions(server)
    await page.keyboard.press('Control+Enter')

    await signInAgain(page)
    await page.getByLabel('Reason, for the change log').press('Control+Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await server.ask('GET', 'flags/new-checkout')).body).toMatchObject({
      description: 'One page',
    })
  })
})

describe('the flags', () => {
  test('open without a load of code once the first screen is shown', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    const code = page.waitForResponse(isCodeOf('src/screens/flags/FlagsScreen.svelte'))
    await page.goto('/')
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
    await (await code).finished()

    await page.route('**/assets/**', (route) => route.abort())
    await page.getByRole('link', { name: 'Flags', exact: true }).click()
    await page.getByRole('rowheader', { name: 'new-checkout' }).waitFor()
  })

  test('are found by a query, which the URL holds', async () => {
    const server = await givenShop()
    await server.ask('POST', 'flags', { body: { key: 'search', owner: 'Dan' } })
    const page = await newPerson(server)
    await page.goto('/flags')
    await page.getByLabel('Query').fill('owner:Dan')
    await page.getByText('1 flag', { exact: true }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'search' }).waitFor()
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual(['search'])

    await page.getByLabel('Query').fill('ownr:Dan')
    await page.getByText('Did you mean "owner"?').waitFor()
  })

  test('say in each cell which state a scope has, and whether it is set there', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/flags')
    await page.getByRole('gridcell', { name: 'production/acme: on, set here' }).waitFor()
    await page.getByRole('gridcell', { name: 'production/globex: off' }).click()
    await page.getByRole('heading', { name: 'new-checkout in production/globex' }).waitFor()
    await page.getByText('The flag is switched off. The layer * decides.').waitFor()
  })
})

describe('a kill', () => {
  test('by keys alone is proved by a connected SDK, and undone', async () => {
    const server = await givenShop()
    const key = await server.makeKey('server', 'production/acme')
    const flags = createFlags({ url: server.url, key })
    onTestFinished(() => flags.close())
    await flags.ready()
    expect(flags.isEnabled('new-checkout')).toBe(true)

    const page = await newPerson(server)
    await page.goto('/flags')
    await focusGrid(page)
    for (const press of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'Shift+K'])
      await page.keyboard.press(press)
    await page.getByRole('heading', { name: 'Kill new-checkout' }).waitFor()
    await page.getByText('1 program connected here.').waitFor()
    await page.keyboard.type('Card payments fail')
    await page.keyboard.press('Control+Enter')
    await page.getByText(/Confirmed by 1 of 1 program/).waitFor()
    expect(flags.isEnabled('new-checkout')).toBe(false)
    expect(await cellsOf(server)).toBe('-K-')
    const { body } = await server.ask<{ items: object[] }>('GET', 'changes?limit=1')
    expect(body.items).toMatchObject([
      { action: 'flag.kill', reason: 'Card payments fail', actor: { person: 'Ada' } },
    ])

    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => flags.isEnabled('new-checkout')).toBe(true)
    await page.getByRole('status').getByText('serves its configuration again').waitFor()
  })

  test('of a flag by a part of its key needs a reason, and never begins by that Enter', async () => {
    const server = await givenShop()
    await server.ask('POST', 'flags', { body: { key: 'new-chat' } })
    const page = await newPerson(server)
    await page.goto('/freezes')
    await page.getByText('No freezes yet').waitFor()
    const flag = page.getByRole('dialog').getByLabel('Flag', { exact: true })
    await page.keyboard.press('Shift+K')
    await flag.waitFor()
    await page.keyboard.type('new-ch')
    await page.keyboard.press('Enter')
    await page.getByText('It can be new-chat or new-checkout. Type more of the key.').waitFor()
    await page.keyboard.type('x')
    await page.keyboard.press('Enter')
    await page.getByText('No flag has "new-chx" in its key.').waitFor()
    await page.keyboard.press('Backspace')
    await page.keyboard.type('e')
    await page.keyboard.press('Enter')
    await page.locator('input:focus[maxlength="1000"]').waitFor()
    expect(await flag.inputValue()).toBe('new-checkout')

    await page.keyboard.type('Card payments fail')
    await flag.press('Enter')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('heading', { name: 'Kill a flag' }).count()).toBe(1)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: 'new-checkout is killed' }).waitFor()
    const { body } = await server.ask<{ items: object[] }>('GET', 'changes?action=flag.kill')
    expect(body.items).toMatchObject([{ reason: 'Card payments fail' }])
  })

  test('without an instance is not sent, also not by keys', async () => {
    const server = await givenShop()
    for (const instance of ['acme', 'globex'])
      await server.ask('PATCH', `instances/${instance}`, { body: { tags: {} } })
    const page = await newPerson(server)
    await page.goto('/flags/new-checkout?scope=production/acme')
    await page.getByRole('gridcell', { name: 'production/acme: on' }).waitFor()
    await page.keyboard.press('Shift+K')
    await page.getByText('Tag', { exact: true }).click()
    await page.getByRole('status').filter({ hasText: 'No instance has this tag.' }).waitFor()
    await page.getByLabel('Reason, for the change log').fill('Card payments fail')
    await page.keyboard.press('Control+Enter')

    await page.getByText('Instance', { exact: true }).last().click()
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: 'new-checkout is killed' }).waitFor()
    expect(await cellsOf(server)).toBe('-K-')
  })

  test.for([
    ['Instance', 'Instance', 'globex', '-+K'],
    ['Tag', 'Tag of instances', 'region=us', '-+K'],
    ['Instance', 'Environment', 'staging', '-+-'],
  ] as const)('by %s acts where "%s" says: %s', async ([kind, label, choice, cells]) => {
    const server = await givenShop()
    await server.ask('PATCH', 'environments/production', { body: { order: 1 } })
    await server.ask('POST', 'environments', { body: { key: 'staging', order: 0 } })
    const page = await newPerson(server)
    await page.goto('/flags/new-checkout?scope=production/acme')
    await page.getByRole('gridcell', { name: 'production/acme: on' }).waitFor()
    await page.keyboard.press('Shift+K')
    const dialog = page.getByRole('dialog')
    await dialog.getByText(kind, { exact: true }).first().click()
    await dialog.getByRole('combobox', { name: label }).selectOption(choice)
    await dialog.getByLabel(/^Reason/).fill('Card payments fail')
    await page.keyboard.press('Control+Enter')
    await dialog.getByRole('heading', { name: 'new-checkout is killed' }).waitFor()
    expect(await cellsOf(server)).toBe(cells)
  })

  test('names its scope, and offers no other to a key of an instance', async () => {
    const server = await givenShop()
    const key = await server.makeKey('admin', 'production/acme')
    const page = await newPerson(server, { key })
    await page.goto('/flags')
    await page.getByRole('gridcell', { name: 'production/acme: on' }).waitFor()
    expect(await page.getByRole('grid').textContent()).not.toContain('globex')
    await page.keyboard.press('Shift+K')
    await page.locator('p', { hasText: 'Your key is limited to production/acme.' }).waitFor()
    expect(await page.getByLabel('Everywhere').count()).toBe(0)
    expect(
      await page.getByLabel('Instance', { exact: true }).locator('option').allInnerTexts(),
    ).toEqual(['acme'])
  })
})

test('of two people who edit a cell, the second learns of the first, and loses no text', async () => {
  const server = await givenShop()
  const cell = '/flags?cell=new-checkout@production/globex'
  const pages = [await newPerson(server), await newPerson(server, { name: 'Bob' })]
  for (const page of pages) {
    await page.goto(cell)
    await page.getByText('On', { exact: true }).click()
    await page.getByText(/of the users of production\/globex/).waitFor()
  }
  const [ada, bob] = pages as [Page, Page]
  await bob.getByLabel('Reason, for the change log').fill('Globex is ready')
  await ada.getByRole('button', { name: 'Save' }).click()
  await ada.getByText('new-checkout is changed in production/globex').waitFor()
  await bob.getByRole('button', { name: 'Save' }).click()
  await bob.getByRole('alert').getByText('VERSION_CONFLICT').waitFor()
  expect(await bob.getByLabel('Reason, for the change log').inputValue()).toBe('Globex is ready')
  expect(await bob.getByRole('radio', { name: 'On', exact: true }).isChecked()).toBe(true)
})

test('a cell is changed again after its settings were deleted', async () => {
  const server = await givenShop()
  await server.ask('DELETE', 'flags/new-checkout/layers/production/acme')
  const page = await newPerson(server)
  await page.goto('/flags?cell=new-checkout@production/acme')
  await page.getByText('On', { exact: true }).click()
  await page.getByText('100 % of the users of production/acme get another variant.').waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('new-checkout is changed in production/acme').waitFor()
  expect(await cellsOf(server)).toBe('-+-')
})

test('a change of another person appears without a reload', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/flags')
  await page
    .getByRole('status')
    .filter({ hasText: /^\s*live/ })
    .waitFor()
  await page.getByRole('gridcell', { name: 'production/globex: off' }).waitFor()

  await server.ask('PUT', 'flags/new-checkout/layers/production/globex', { body: { on: true } })

  await page.getByRole('gridcell', { name: 'production/globex: on' }).waitFor()
})

test('a change of a flag on a later page counts it, and shows it once, in its place', async () => {
  const server = await givenShop()
  const layers = { '*': { on: false, off: 'off', fallthrough: { variant: 'on' } } }
  const flags = Array.from({ length: 600 }, (_, i) => ({
    ...definition(`z-${String(i).padStart(3, '0')}`),
    layers,
  }))
  const { status } = await server.ask('POST', 'import?mode=merge', {
    body: {
      flaghoist: 1,
      project: { key: 'default', name: 'Default' },
      environments: [],
      instances: [],
      segments: [],
      flags,
    },
  })
  expect(status).toBe(200)
  const page = await newPerson(server)
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.goto('/flags')
  await page.getByText('601 flags').waitFor()

  const setOn = (flag: string) =>
    server.ask('PUT', `flags/${flag}/layers/production`, { body: { on: true } })
  await setOn('z-599')
  await setOn('z-000')
  const row = (flag: string) => page.getByRole('row', { name: flag })
  await row('z-000').getByRole('gridcell', { name: 'production: on' }).waitFor()
  await server.ask('POST', 'flags', { body: { key: 'zz-last' } })
  await page.getByText('602 flags').waitFor()
  await server.ask('DELETE', 'flags/zz-last')
  await page.getByText('601 flags').waitFor()
  await focusGrid(page)
  await page.keyboard.press('Control+End')
  await row('z-498').waitFor()
  await expect
    .poll(async () => {
      await page.keyboard.press('Control+End')
      return row('z-599').count()
    })
    .toBe(1)
  await row('z-598').waitFor()
  expect(errors).toEqual([])
})

test('a change between the first snapshot and the event stream is not missed', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  await page.route('**/api/**/activity*', async (route) => {
    await opened
    await route.continue()
  })
  await page.goto('/segments')
  await page.getByText('No segments yet').waitFor()
  await server.ask('POST', 'segments', { body: { key: 'staff' } })
  open()
  await page.getByRole('link', { name: 'staff' }).waitFor()
})

test('a hidden page asks for nothing, and shows the newest state once it is visible', async () => {
  const server = await givenShop()
  const globex = (page: Page, state: string) =>
    page.getByRole('gridcell', { name: `production/globex: ${state}` })
  const [page, other] = [await newPerson(server), await newPerson(server)]
  for (const one of [page, other]) {
    await one.goto('/flags')
    await globex(one, 'off').waitFor()
    await one
      .getByRole('status')
      .filter({ hasText: /^\s*live/ })
      .waitFor()
  }
  const setHidden = (isHidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isHidden)
  let requests = 0
  await setHidden(true)
  page.on('request', (request) => {
    // The kill dialog is loaded for all cases, also on a hidden page.
    if (new URL(request.url()).pathname.startsWith('/api/')) requests += 1
  })

  for (const on of [true, false, true]) {
    await server.ask('PUT', 'flags/new-checkout/layers/production/globex', { body: { on } })
    await globex(other, on ? 'on' : 'off').waitFor()
  }
  expect(requests).toBe(0)
  await setHidden(false)
  await globex(page, 'on').waitFor()
})

test('single keys can be turned off', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/flags')
  await page.getByRole('grid').waitFor()
  await page.keyboard.press('?')
  await page.getByLabel('Act on single keys', { exact: true }).uncheck()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Shift+K')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search flags and commands' }).waitFor()
  expect(await page.locator('dialog').count()).toBe(1)
})
