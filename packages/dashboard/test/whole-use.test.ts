import type { Locator, Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { createFlags, type Flags } from '../../sdk-node/src/index.ts'
import { ADMIN_KEY, type TestServer } from '../../server/test/http-server.ts'
import { folder, run } from '../../server/test/server-process.ts'
import { connectSdk } from './connect-sdk.ts'
import { newPerson, newVisitor } from './people.ts'
import { givenNewServer, givenShop } from './shop.ts'
import { TOUCH_PHONE } from './windows.ts'

/** Returns the key that the program on the page holds. */
async function keyOf(page: Page): Promise<string> {
  await page.getByText('shown only now').waitFor()
  const program = await page.locator('pre', { hasText: 'createFlags' }).textContent()
  return /fh_server_[\w-]+/.exec(program ?? '')![0]
}

/** Connects an SDK of acme until the test ends. */
async function connectShop(server: TestServer, key: string): Promise<Flags> {
  const flags = createFlags({ url: server.url, key, instance: 'acme' })
  onTestFinished(() => flags.close())
  await flags.ready()
  return flags
}

/** Time in which a change reaches an SDK on a loaded machine. */
const PATIENCE = { timeout: 10_000 }

/** Counts the users in a hundred that the flag is on for. */
const usersOn = (flags: Flags): number =>
  Array.from({ length: 100 }, (_, i) => `user-${i}`).filter((targetingKey) =>
    flags.isEnabled('new-checkout', { targetingKey }),
  ).length

const card = (page: Page, name: string) => page.locator('button.run', { hasText: name })

/** Moves the focus to an element, by keys alone. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  while (!(await target.evaluate((element) => element === document.activeElement)))
    await page.keyboard.press('Tab')
}

/** Runs the command of the palette that fits best. */
async function runCommand(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').waitFor()
  await page.keyboard.type(words)
  await page.keyboard.press('Enter')
}

/**
 * Creates a plan from the choices of a rollout, by clicks: a pilot waits for a person at a half,
 * then all others follow by themselves.
 */
async function createPlan(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'No plan of your own yet' }).waitFor()
  await page.getByRole('button', { name: 'Create a plan' }).click()
  await page.getByLabel('Key', { exact: true }).fill('pilot-first')
  const [pilot, others] = [1, 2].map((i) => page.getByRole('group', { name: `Wave ${i}` }))
  await pilot!.getByLabel('Name').fill('Pilot')
  await pilot!.getByRole('group', { name: 'Tags' }).getByText('Only these').click()
  await pilot!.getByRole('checkbox', { name: 'tier=pilot' }).check()
  await pilot!.getByLabel('Percentage of these instances').fill('')
  await fillStep(pilot!, 1, ['50', 'A person'])
  await fillStep(pilot!, 2, ['100', 'Time'])
  await others!.getByRole('button', { name: 'Remove step 2' }).click()
  await fillStep(others!, 1, ['100', 'Time'])
  await page.getByText('None', { exact: true }).click()
  const words = page.getByRole('region', { name: 'Plan in words' })
  await words.getByText('Instances with tier=pilot').waitFor()
  await words.getByText('Now: acme').waitFor()
  await words.getByText('50 % of the users, until a person advances it').waitFor()
  await page.getByRole('button', { name: 'Create the plan' }).click()
}

async function fillStep(wave: Locator, step: number, [share, end]: readonly [string, string]) {
  const fields = wave.getByRole('group', { name: `Step ${step}` })
  await fields.getByLabel('Share, %').fill(share)
  await fields.getByLabel('At least, minutes').fill('0')
  await fields.getByLabel('At least, users').fill('0')
  await fields.getByLabel('Ends by').selectOption(end)
}

/** Creates the same plan by keys alone. */
async function createPlanByKeys(page: Page): Promise<void> {
  // The choices of the flag are on screen, so that the form returns to them.
  await page.getByRole('heading', { name: 'No plan of your own yet' }).waitFor()
  await runCommand(page, 'create a plan')
  await tabTo(page, page.getByLabel('Key', { exact: true }))
  await page.keyboard.type('pilot-first')
  const [pilot, others] = [1, 2].map((i) => page.getByRole('group', { name: `Wave ${i}` }))
  await tabTo(page, pilot!.getByRole('radio', { name: 'Any' }).first())
  await page.keyboard.press('ArrowRight')
  await tabTo(page, pilot!.getByRole('checkbox', { name: 'tier=pilot' }))
  await page.keyboard.press('Space')
  await typeInto(page, pilot!.getByLabel('Percentage of these instances'), '')
  await typeStep(page, pilot!.getByRole('group', { name: 'Step 1' }), ['50', 'A person'])
  await typeStep(page, pilot!.getByRole('group', { name: 'Step 2' }), ['100', 'Time'])
  await tabTo(page, others!.getByRole('button', { name: 'Remove step 2' }))
  await page.keyboard.press('Enter')
  await typeStep(page, others!.getByRole('group', { name: 'Step 1' }), ['100', 'Time'])
  await tabTo(page, page.getByRole('radio', { name: 'Some users keep the old variant' }))
  await page.keyboard.press('ArrowRight')
  await page.getByRole('region', { name: 'Plan in words' }).getByText('Now: acme').waitFor()
  await page.keyboard.press('Control+Enter')
}

/** Replaces the text of a field, by keys alone. */
async function typeInto(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field)
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.keyboard.type(text)
}

async function typeStep(page: Page, step: Locator, [share, end]: readonly [string, string]) {
  await typeInto(page, step.getByLabel('Share, %'), share)
  await typeInto(page, step.getByLabel('At least, minutes'), '0')
  await typeInto(page, step.getByLabel('At least, users'), '0')
  await tabTo(page, step.getByLabel('Ends by'))
  await page.keyboard.type(end)
}

describe('a release from the first flag to all users', () => {
  test('is made by clicks', { timeout: 60_000 }, async () => {
    const server = await givenNewServer()
    const page = await newVisitor(server)
    await page.goto('/')
    await page.getByLabel('Admin key').fill(ADMIN_KEY)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Create the flag' }).click()
    await page.getByRole('button', { name: 'Create a server key' }).click()
    const key = await keyOf(page)
    await page.getByRole('link', { name: 'Create an instance' }).click()
    await page.getByRole('button', { name: 'Create an instance' }).first().click()
    await page.getByLabel('Key, as scopes name it').fill('acme')
    await page.getByLabel('Tags').fill('tier=pilot')
    await page.getByRole('button', { name: 'Create the instance' }).click()
    await page.getByRole('heading', { name: 'acme' }).waitFor()
    const shop = await connectShop(server, key)
    await page.getByText('live · 1 SDK').waitFor()

    await page.getByRole('link', { name: 'Rollouts' }).click()
    await page.getByRole('link', { name: 'Start a rollout' }).first().click()
    await page.getByRole('combobox', { name: 'Flag' }).fill('new-checkout')
    await createPlan(page)
    await page.getByText('ends when you advance it').waitFor()
    await page.getByRole('button', { name: 'Start the rollout' }).click()
    await card(page, 'acme').getByText('50 %', { exact: true }).waitFor()
    await expect.poll(() => usersOn(shop), PATIENCE).toBeGreaterThan(20)
    expect(usersOn(shop)).toBeLessThan(80)

    await card(page, 'acme').click()
    await page.getByRole('button', { name: /^Advance/ }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Advance/ })
      .click()
    await page.getByText('2 of 2 runs done').waitFor()
    await expect.poll(() => usersOn(shop), PATIENCE).toBe(100)
  })

  test('is made by keys alone, with a kill on the way', { timeout: 60_000 }, async () => {
    const server = await givenNewServer()
    await server.ask('POST', 'instances', { body: { key: 'acme', tags: { tier: 'pilot' } } })
    const page = await newVisitor(server)
    await page.goto('/')
    await page.getByLabel('Admin key').waitFor()
    await page.keyboard.type(ADMIN_KEY)
    await page.keyboard.press('Tab')
    await page.keyboard.type('Ada')
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('button', { name: 'Create the flag' }))
    await page.keyboard.press('Enter')
    await page.getByText('The project has 1 flag.').waitFor()
    await tabTo(page, page.getByRole('button', { name: 'Create a server key' }))
    await page.keyboard.press('Enter')
    const shop = await connectShop(server, await keyOf(page))

    await runCommand(page, 'go to rollouts')
    await tabTo(page, page.getByRole('link', { name: 'Start a rollout' }).first())
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('combobox', { name: 'Flag' }))
    await page.keyboard.type('new-checkout')
    await createPlanByKeys(page)
    await page.getByText('ends when you advance it').waitFor()
    await page.keyboard.press('Control+Enter')
    await card(page, 'acme').getByText('50 %', { exact: true }).waitFor()

    await tabTo(page, card(page, 'acme'))
    await page.keyboard.press('Enter')
    await page.keyboard.press('Shift+K')
    await page.getByRole('heading', { name: 'Kill new-checkout' }).waitFor()
    await page.keyboard.type('Orders fail')
    await page.keyboard.press('Control+Enter')
    await page.getByText('Confirmed by 1 of 1 program').waitFor()
    expect(usersOn(shop)).toBe(0)
    // The rollout holds a killed run: a restore alone brings nobody back.
    await card(page, 'acme').getByText('held', { exact: true }).waitFor()
    await tabTo(page, page.getByRole('button', { name: 'Undo: restore the flag' }))
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('serves its configuration again').waitFor()
    await tabTo(page, page.getByRole('button', { name: 'Resume', exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Resume acme' }).waitFor()
    // The dialog sends nothing before it shows the effect.
    await page.getByRole('dialog').getByText('Loading the effect').waitFor({ state: 'detached' })
    await page.keyboard.press('Control+Enter')
    await expect.poll(() => usersOn(shop), PATIENCE).toBeGreaterThan(20)
    // The SDK can hear of the change before the page does, whose keys are the dialog's until then.
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^Advance/, disabled: false }).waitFor()

    await page.keyboard.press('a')
    await page.getByRole('heading', { name: 'Advance acme' }).waitFor()
    await page.getByText('instead of').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByText('2 of 2 runs done').waitFor()
    await expect.poll(() => usersOn(shop), PATIENCE).toBe(100)
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
  })
})

test('a page outlives a restart of the server, and keeps what is typed', {
  timeout: 60_000,
}, async () => {
  const settings = {
    FLAGHOIST_DATA_DIR: folder(),
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FLAGHOIST_PORT: String(await freePort()),
  }
  const first = run(settings)
  const url = await first.url()
  const ask = (method: string, path: string, body: object) =>
    fetch(`${url}/api/v1/projects/default/${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await ask('POST', 'flags', { key: 'new-checkout' })
  const page = await newPerson({ url })
  await page.goto('/flags?cell=new-checkout@production')
  await page.getByText('On', { exact: true }).click()
  await page.getByLabel('Reason, for the change log').fill('The shop is ready')
  await page.getByText(/of the users of production/).waitFor()

  first.child.kill('SIGKILL')
  await first.exited
  await page.getByText(/not live since \d\d:\d\d/).waitFor()
  await page.getByRole('button', { name: /^Save/ }).click()
  await page.getByRole('alert').getByText('SERVER_UNREACHABLE').waitFor()

  const second = run(settings)
  await second.url()
  await page.getByText(/^\s*live/).waitFor({ timeout: 20_000 })
  await page.getByRole('button', { name: /^Save/ }).click()
  await page.getByText('new-checkout is changed in production').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('gridcell', { name: 'production: on, set here' }).waitFor()
  await ask('PATCH', 'flags/new-checkout/layers/production', { on: false })
  await page.getByRole('gridcell', { name: 'production: off, set here' }).waitFor()
})

test('a phone shows the situation, and kills', async () => {
  const server = await givenShop()
  const shop = await connectSdk(server, 'production/acme')
  const page = await newPerson(server, TOUCH_PHONE)
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await page.goto('/')
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
  expect(await overflow()).toBe(0)
  await page.getByRole('link', { name: 'All flags' }).tap()
  await page.getByRole('link', { name: 'new-checkout' }).tap()
  await page.getByText('In production: 1 on, 1 off of 2 instances.').waitFor()
  expect(await overflow()).toBe(0)

  const kill = page.getByRole('button', { name: 'Kill', exact: true })
  expect((await kill.boundingBox())!.height).toBeGreaterThanOrEqual(44)
  await kill.tap()
  await page.getByRole('dialog').getByText('Instance', { exact: true }).tap()
  await page.getByLabel('Reason, for the change log').fill('Card payments fail')
  const confirm = page.getByRole('button', { name: 'Kill now' })
  expect((await confirm.boundingBox())!.height).toBeGreaterThanOrEqual(44)
  await confirm.tap()
  await page.getByText('Confirmed by 1 of 1 program').waitFor()
  expect(shop.isEnabled('new-checkout')).toBe(false)
})
