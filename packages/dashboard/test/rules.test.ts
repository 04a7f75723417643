import type { Page, Route } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createFlags, type Flags } from '../../sdk-node/src/index.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { connectSdk } from './connect-sdk.ts'
import { faultsOf } from './faults.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'
import { PHONE, TOUCH_PHONE } from './windows.ts'

interface StoredLayer {
  readonly on?: boolean
  readonly rules?: readonly { readonly id: string; readonly name?: string }[]
  readonly fallthrough?: object
}

const WHEN_PRO = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]
const PRO = { id: 'pro', name: 'Pro', when: WHEN_PRO, serve: { variant: 'on' } }
const STAFF = {
  id: 'staff',
  when: [[{ attribute: 'email', op: 'endsWith', values: ['@shop.example'] }]],
  serve: { variant: 'on' },
}

const SLOW_PLAN = {
  key: 'slow',
  name: 'Slow',
  waves: [
    {
      name: 'All',
      instances: { rest: true },
      steps: [{ audience: { share: 50 }, minMinutes: 60, minUnits: 0, gate: 'healthy' }],
    },
  ],
}

/** Settings of new-checkout in production, and the program of an instance. */
async function givenRules(layer: object, scope = 'production/globex') {
  const server = await givenShop()
  await server.ask('PUT', 'flags/new-checkout/layers/production', { body: layer })
  return { server, flags: await connectSdk(server, scope) }
}

const layerIn = async (server: TestServer, scope = 'production') =>
  (await server.ask<StoredLayer>('GET', `flags/new-checkout/layers/${scope}`)).body

const isOnFor = (flags: Flags, plan: string) =>
  flags.isEnabled('new-checkout', { targetingKey: 'ada', plan })

async function openRules(page: Page, scope = 'production') {
  await page.goto(`/flags/new-checkout?scope=${scope}`)
  await page.getByRole('heading', { name: 'Rules', exact: true }).waitFor()
}

const save = (page: Page) => page.getByRole('button', { name: /^Save in/ }).click()
const sentence = (page: Page, text: string | RegExp) => page.getByRole('button', { name: text })

describe('rules', () => {
  test('are added by clicks, and served once saved; the undo takes them back', async () => {
    const { server, flags } = await givenRules({ on: true, fallthrough: { variant: 'off' } })
    const page = await newPerson(server)
    await openRules(page)
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await page.getByText('Each condition needs an attribute and a value.').waitFor()
    await page.getByLabel('Attribute').fill('plan')
    await page.getByLabel('Values, one per line').fill('pro\nteam')
    await page.getByLabel('Name').fill('Paying')
    await page.getByText('100 % of the users of production get another variant.').waitFor()
    await page.getByText('rule 1').waitFor()
    const moved = page.getByLabel('Users that move').getByRole('listitem')
    await moved.filter({ hasText: 'production/globex' }).waitFor()
    expect(await faultsOf(page, 'section')).toEqual([])
    expect(isOnFor(flags, 'pro')).toBe(false)

    await page.getByLabel('Reason, for the change log').fill('Paying customers first')
    await save(page)
    await page.getByText('new-checkout is changed in production').waitFor()
    await sentence(page, 'Paying If plan is pro or team: on').waitFor()
    await expect.poll(() => isOnFor(flags, 'team')).toBe(true)
    expect(isOnFor(flags, 'free')).toBe(false)
    expect((await layerIn(server)).rules).toMatchObject([
      { name: 'Paying', when: [[{ values: ['pro', 'team'] }]] },
    ])

    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => isOnFor(flags, 'pro')).toBe(false)
    await page.getByText('No rules: every context gets the default below.').waitFor()
  })

  test('are opened, moved, copied and deleted by keys alone', async () => {
    const { server } = await givenRules({ on: true, rules: [PRO, STAFF] })
    const page = await newPerson(server)
    await openRules(page)
    await page.keyboard.press('e')
    for (const press of ['Alt+ArrowDown', 'Enter']) await page.keyboard.press(press)
    await page.getByLabel('Attribute').waitFor()
    expect(await page.getByLabel('Attribute').inputValue()).toBe('plan')
    await page.keyboard.press('Escape')
    await page.keyboard.press('ArrowUp')
    await page.getByText('order of rules').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByText('new-checkout is changed in production').waitFor()
    expect((await layerIn(server)).rules?.map(({ id }) => id)).toEqual(['staff', 'pro'])

    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Duplicate' }).press('Enter')
    await page.getByLabel('Values, one per line').fill('@acme.example')
    await page.keyboard.press('Escape')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Delete' }).press('Enter')
    await page.getByText('rule 2 so far').waitFor()
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(async () => (await layerIn(server)).rules?.map(({ id }) => id))
      .toEqual(['staff', 'rule-3'])
  })

  test('are moved by a drag', async () => {
    const { server } = await givenRules({ on: true, rules: [PRO, STAFF] })
    const page = await newPerson(server)
    await openRules(page)
    const from = (await page.locator('.handle').first().boundingBox())!
    const to = (await page.locator('.handle').last().boundingBox())!
    await page.mouse.move(from.x + 5, from.y + 5)
    await page.mouse.down()
    await page.mouse.move(to.x + 5, to.y + to.height, { steps: 4 })
    await page.mouse.up()
    await page.getByText('order of rules').waitFor()
    expect(await page.locator('.rule .sentence').allInnerTexts()).toEqual([
      'If email ends with @shop.example: on',
      'Pro If plan is pro: on',
    ])
    await page.getByRole('button', { name: 'Discard the edits' }).click()
    await sentence(page, 'Pro If plan is pro: on').waitFor()
  })
})

test('a split is dragged, pressed and typed, and always adds up to 100 %', async () => {
  const { server, flags } = await givenRules({
    on: true,
    fallthrough: { percent: { on: 20, off: 80 } },
  })
  const page = await newPerson(server)
  await openRules(page)
  await sentence(page, 'Every context: on 20 %, off 80 %').click()
  const border = page.getByRole('slider', { name: 'Border between on and off' })
  await border.focus()
  for (const press of ['ArrowRight', 'Shift+ArrowRight', 'ArrowLeft', 'ArrowRight'])
    await page.keyboard.press(press)
  expect(await border.getAttribute('aria-valuetext')).toBe('on 31 %, off 69 %')

  await border.hover()
  const bar = (await page.locator('.bar').first().boundingBox())!
  const handle = (await border.boundingBox())!
  await page.mouse.move(handle.x + handle.width / 2, handle.y + 9)
  await page.mouse.down()
  await page.mouse.move(bar.x + bar.width / 2, handle.y + 9, { steps: 3 })
  await page.mouse.up()
  expect(await border.getAttribute('aria-valuenow')).toBe('50')

  await page.getByLabel('on', { exact: true }).fill('99.9999')
  await page.getByText('Enter a number from 0 to 100').waitFor()
  await page.getByLabel('on', { exact: true }).fill('99.999')
  expect(await page.getByLabel('off', { exact: true }).inputValue()).toBe('0.001')
  await page.getByText('79.999 % of the users of production get another variant.').waitFor()
  await save(page)
  await expect
    .poll(() => layerIn(server))
    .toMatchObject({
      fallthrough: {
        split: {
          ranges: [
            [0, 99_999, 'on'],
            [99_999, 100_000, 'off'],
          ],
        },
      },
    })
  await expect.poll(() => isOnFor(flags, 'free')).toBe(true)
})

test('an instance overrides the rules of its environment, and inherits them again', async () => {
  const rules = { on: true, rules: [PRO], fallthrough: { variant: 'off' } }
  const { server, flags } = await givenRules(rules)
  const page = await newPerson(server)
  await openRules(page, 'production/globex')
  await page
    .getByRole('region', { name: 'Rules' })
    .getByText('from production; an edit applies in production/globex only')
    .waitFor()
  await sentence(page, 'Pro If plan is pro: on').click()
  await page.getByLabel('Values, one per line').fill('free')
  await page.getByText('source of rules').waitFor()
  await save(page)
  await expect.poll(() => isOnFor(flags, 'free')).toBe(true)
  expect(isOnFor(flags, 'pro')).toBe(false)
  expect((await layerIn(server, 'production/globex')).on).toBe(undefined)

  await page.getByRole('button', { name: 'Inherit from production' }).click()
  await page.getByText('100 % of the users of production/globex').waitFor()
  await save(page)
  await expect.poll(() => isOnFor(flags, 'pro')).toBe(true)
  expect((await server.ask('GET', 'flags/new-checkout/layers/production/globex')).status).toBe(404)
})

test('of two people who edit the same rules, both keep their edits', async () => {
  const { server } = await givenRules({ on: true, rules: [PRO, STAFF] })
  const [ada, bob] = [await newPerson(server), await newPerson(server, { name: 'Bob' })]
  // Bob's page learns of Ada's change only by the refusal of his own.
  await bob.route('**/api/**/activity*', (route) => route.abort())
  for (const page of [ada, bob]) await openRules(page)

  await sentence(bob, 'If email ends with').click()
  await bob.getByLabel('Values, one per line').fill('@partner.example')
  await bob.getByText('rule 2').waitFor()
  await sentence(ada, 'Pro If plan is pro: on').click()
  await ada.getByLabel('Values, one per line').fill('pro\nteam')
  await ada.getByLabel('Reason, for the change log').fill('Teams pay too')
  await save(ada)
  await ada.getByText('new-checkout is changed in production').waitFor()

  await save(bob)
  await bob.getByRole('alert').getByText('Ada').waitFor()
  await bob.getByRole('alert').getByText('Teams pay too').waitFor()
  await bob.getByRole('button', { name: 'Load the change and keep my edits' }).click()
  await sentence(bob, 'Pro If plan is pro or team: on').waitFor()
  await bob.getByText('rule 2').waitFor()
  await save(bob)
  await bob.getByText('new-checkout is changed in production').waitFor()
  expect((await layerIn(server)).rules).toMatchObject([
    { when: [[{ values: ['pro', 'team'] }]] },
    { when: [[{ values: ['@partner.example'] }]] },
  ])
})

describe('an edit back to the stored settings while a save is under way', () => {
  /** A page that has sent a switch to off, which the server has not received yet. */
  async function givenSave() {
    const { server } = await givenRules({ on: true, fallthrough: { variant: 'off' } })
    const page = await newPerson(server)
    await openRules(page)
    const sent = Promise.withResolvers<Route>()
    await page.route('**/layers/production*', (route) => sent.resolve(route), { times: 1 })
    await page.getByText('Off', { exact: true }).click()
    await page.getByText(/^Not saved: .* move/).waitFor()
    await save(page)
    const request = await sent.promise
    expect(await page.getByRole('button', { name: 'Discard the edits' }).isDisabled()).toBe(true)
    await page.getByText('On', { exact: true }).click()
    await page.getByText('Switched on').waitFor()
    return { server, page, request }
  }

  test('stays as an edit of what the save has stored', async () => {
    const { server, page, request } = await givenSave()
    await request.continue()
    await page.getByText('new-checkout is changed in production').waitFor()
    expect(await layerIn(server)).toMatchObject({ on: false })
    await page.getByRole('deletion').getByText('off').waitFor()
    await page.getByText('Switched on').waitFor()
    expect(await page.getByText('Your edits began before').count()).toBe(0)

    await save(page)
    await page.getByText('Not saved').first().waitFor({ state: 'detached' })
    expect(await layerIn(server)).toMatchObject({ on: true })
  })

  test('is no edit if the save fails', async () => {
    const { server, page, request } = await givenSave()
    await request.abort()
    await page.getByText('Not saved').first().waitFor({ state: 'detached' })
    await page.getByText('Switched on').waitFor()
    expect(await layerIn(server)).toMatchObject({ on: true })
  })
})

test('edits stay while a person looks at another scope', async () => {
  const { server } = await givenRules({ on: true, rules: [PRO] })
  const page = await newPerson(server)
  await openRules(page)
  await page.getByText('Off', { exact: true }).click()
  await page.getByText('Not saved: 100 % of the users move.').waitFor()
  await page.getByRole('link', { name: 'every scope' }).click()
  await page.getByText('Not saved').first().waitFor({ state: 'detached' })
  await page.getByRole('rowheader', { name: 'Environment' }).waitFor()
  await page.getByRole('gridcell', { name: 'production: targeted' }).click()
  await page.keyboard.press('Escape')
  await page.getByText('Not saved: 100 % of the users move.').waitFor()
})

test('the note of a scope says why it differs, and is edited and deleted', async () => {
  const { server } = await givenRules({ on: true, fallthrough: { variant: 'off' } })
  const acme = 'production/acme'
  const page = await newPerson(server)
  await openRules(page, acme)
  await sentence(page, 'No note: the drift shows a difference here as unexplained').click()
  await page.getByLabel('Owner', { exact: true }).fill('Dan')
  await page.getByText('The note needs a reason.').waitFor()
  await page.getByLabel('Reason why it differs').fill('Acme tests it first')
  await page.getByLabel('Last day, if it ends').fill('2999-01-31')
  await page.getByRole('insertion').getByText('Dan, until 31 Jan 2999').waitFor()
  expect(await faultsOf(page, 'section')).toEqual([])
  await save(page)
  // The sentence shows the edit before it is stored.
  await page.getByText('new-checkout is changed in production/acme').waitFor()
  await sentence(page, 'Dan, until 31 Jan 2999: Acme tests it first').waitFor()
  expect(await layerIn(server, acme)).toEqual({
    on: true,
    note: {
      reason: 'Acme tests it first',
      owner: 'Dan',
      expiresAt: new Date('2999-01-31T23:59:59').toISOString(),
    },
  })

  await page.getByRole('button', { name: 'Delete the note' }).click()
  await save(page)
  await sentence(page, /^No note/).waitFor()
  expect(await layerIn(server, acme)).toEqual({ on: true })
})

test('a rollout in progress is named, and held by an edit of what it sets', async () => {
  const { server } = await givenRules({ on: true, fallthrough: { variant: 'off' } })
  await server.ask('POST', 'plans', { body: SLOW_PLAN })
  const body = { key: 'r1', flag: 'new-checkout', environment: 'production', plan: 'slow' }
  await server.ask('POST', 'rollouts', { body })
  const stateOf = async () => {
    const answer = await server.ask<{ runs: { scope: string; state: string }[] }>(
      'GET',
      'rollouts/r1',
    )
    return answer.body.runs.find(({ scope }) => scope === 'production/globex')?.state
  }
  await expect.poll(stateOf).toBe('exposing')
  const page = await newPerson(server)
  await openRules(page, 'production/globex')
  await page.getByText('sets the switch, the rollout and the default here: exposing.').waitFor()
  await page.getByRole('button', { name: 'Add a rule' }).click()
  await page.getByLabel('Attribute').fill('plan')
  await page.getByLabel('Values, one per line').fill('pro')
  await page.getByText('rule 1').waitFor()
  await save(page)
  await page.getByText('new-checkout is changed in production/globex').waitFor()
  expect(await stateOf()).toBe('exposing')

  await page.getByText('Off', { exact: true }).click()
  await page.getByText('switch', { exact: true }).waitFor()
  await save(page)
  await page.getByText('sets the switch, the rollout and the default here: held.').waitFor()
  await page.getByRole('link', { name: 'r1' }).click()
  await page.getByRole('heading', { name: 'new-checkout' }).waitFor()
})

test('a protected and frozen environment demands a reason, and an override', async () => {
  const { server } = await givenRules({ on: true, rules: [PRO] })
  const freeze = { key: 'sale', window: { yearly: { from: '01-01', to: '12-31' } }, zone: 'UTC' }
  await server.ask('POST', 'freezes', { body: freeze })
  await server.ask('PATCH', 'environments/production', { body: { protected: true } })
  const page = await newPerson(server)
  await openRules(page)
  await page.getByText('Off', { exact: true }).click()
  await page.getByRole('alert').getByText('The freeze "sale" applies in production').waitFor()
  await page.getByLabel('Save although the freeze is in force').check()
  await page.getByText('100 % of the users of production get another variant.').waitFor()
  await save(page)
  expect((await layerIn(server)).on).toBe(true)
  await page.getByLabel('Reason, for the change log').fill('Payments fail')
  await save(page)
  await page.getByText('new-checkout is changed in production').waitFor()
  const { body } = await server.ask<{ items: object[] }>('GET', 'changes?limit=1')
  expect(body.items).toMatchObject([{ reason: 'Payments fail', overrides: ['sale'] }])

  await server.ask('DELETE', 'freezes/sale')
  await page.keyboard.press('u')
  await expect.poll(async () => (await layerIn(server)).on).toBe(true)
})

test('a key of an instance edits this instance, and reads the rest', async () => {
  const { server } = await givenRules({ on: true, rules: [PRO] })
  const key = await server.makeKey('admin', 'production/globex')
  const page = await newPerson(server, { key })
  await openRules(page)
  await page.locator('p', { hasText: 'Your key is limited to production/globex.' }).waitFor()
  expect(await page.getByRole('button', { name: 'Add a rule' }).isDisabled()).toBe(true)
  await sentence(page, 'Pro If plan is pro: on').click({ force: true })
  expect(await page.getByLabel('Attribute').count()).toBe(0)

  await openRules(page, 'production/globex')
  await page.getByText('Off', { exact: true }).click()
  await page.getByText('100 % of the users of production/globex').waitFor()
  await save(page)
  await expect.poll(async () => (await layerIn(server, 'production/globex')).on).toBe(false)
})

test('the whole editor is reachable on a phone', async () => {
  const { server } = await givenRules({ on: true, rules: [PRO, { ...PRO, id: 'two' }] })
  const page = await newPerson(server, TOUCH_PHONE)
  await openRules(page)
  await sentence(page, /^Pro/).first().tap()
  await page.getByLabel('Values, one per line').fill('pro\nteam')
  await page.getByRole('heading', { name: 'Not saved yet' }).waitFor()

  const section = page.getByRole('main').locator('section')
  const controls = section.locator('button, select, textarea, input:not([type=radio]), summary')
  for (const control of await controls.filter({ visible: true }).all()) {
    if (await control.isEnabled()) await control.tap({ trial: true })
    const { x, width } = (await control.boundingBox())!
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(PHONE.width)
  }
  const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement)
  expect(scrollWidth).toBe(clientWidth)
  await save(page)
  await expect
    .poll(async () => JSON.stringify((await layerIn(server)).rules))
    .toContain('["pro","team"]')
})

test('a variant is removed once no scope names it, and the removal can be undone', async () => {
  const { server } = await givenRules({ on: true, rules: [PRO] })
  await server.ask('PATCH', 'flags/new-checkout', {
    body: { variants: ['on', 'off', 'spare'].map((key) => ({ key, value: key !== 'off' })) },
  })
  const page = await newPerson(server)
  await page.goto('/flags/new-checkout?scope=production')
  await page.getByRole('button', { name: 'Remove on' }).click()
  await page.getByRole('dialog', { name: 'Remove the variant on' }).waitFor()
  await page.keyboard.press('Control+Enter')
  await page
    .getByRole('alert')
    .getByText(/rules\.0\.serve\.variant.*Variant "on" does not exist\. Use one of: off, spare\./)
    .first()
    .waitFor()
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Remove spare' }).click()
  await saveWith(page, 'Nobody got it')
  await page.getByRole('cell', { name: 'spare', exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('cell', { name: 'spare', exact: true }).waitFor()
})

test('a variant is added with a value in JSON, and served by a rule', async () => {
  const { server } = await givenRules({ on: true })
  const key = await server.makeKey('server', 'production/globex')
  const flags = createFlags({ url: server.url, key })
  onTestFinished(() => flags.close())
  const variants = [{ key: 'light', value: { colour: 'white' } }]
  const body = {
    key: 'theme',
    type: 'json',
    variants,
    layers: { '*': { on: true, fallthrough: { variant: 'light' } } },
  }
  await server.ask('POST', 'flags', { body })
  const page = await newPerson(server)
  await page.goto('/flags/theme?scope=production')
  await page.getByRole('button', { name: 'Add a variant' }).click()
  await page.getByLabel('Key', { exact: true }).fill('dark')
  await page.getByLabel('Value, as JSON').fill('{"colour": black}')
  await page.getByText('This is not JSON').waitFor()
  await page.getByLabel('Value, as JSON').fill('{"colour": "black"}')
  await page.getByRole('button', { name: 'Add the variant' }).click()
  await page.getByRole('cell', { name: '{"colour":"black"}' }).waitFor()

  await sentence(page, /Every context:/).click()
  await page.getByRole('combobox', { name: 'Variant' }).selectOption('dark')
  await page.getByText('100 % of the users of production').waitFor()
  await save(page)
  await expect.poll(() => flags.value('theme', {})).toEqual({ colour: 'black' })
})

test('an edit of a variant does not touch the edit of another one', async () => {
  const { server } = await givenRules({ on: true })
  const [on, off] = [
    { key: 'on', value: true },
    { key: 'off', value: false },
  ]
  const page = await newPerson(server)
  await page.goto('/flags/new-checkout?scope=production')
  await page.getByRole('button', { name: 'Edit off' }).click()
  await page.getByLabel('Description').fill('The checkout of 2025')
  const theirs = { ...on, description: 'One page' }
  await server.ask('PATCH', 'flags/new-checkout', { body: { variants: [theirs, off] } })
  await saveWith(page, 'It names the year')
  await page.getByRole('cell', { name: 'The checkout of 2025' }).waitFor()
  const { body } = await server.ask<{ variants: object[] }>('GET', 'flags/new-checkout')
  expect(body.variants).toEqual([theirs, { ...off, description: 'The checkout of 2025' }])
})
