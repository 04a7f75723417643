import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createFlags, type Flags } from '../../sdk-node/src/index.ts'
import { startShopServer, type TestServer } from '../../server/test/http-server.ts'
import { faultsOf } from './faults.ts'
import { newPerson } from './people.ts'

const INSTANCES = ['acme', 'globex', 'initech'] as const

const step = (share: number, gate: string) => ({
  audience: { share },
  minMinutes: 0,
  minUnits: 0,
  gate,
})
/** Acme waits for a person; the others stay at a half, since they lack minutes. */
const plan = {
  key: 'careful',
  name: 'Careful',
  waves: [
    { name: 'All', instances: { rest: true }, steps: [{ ...step(50, 'healthy'), minMinutes: 60 }] },
  ],
}

/** A shop whose three instances each have an SDK, and a flag that can be rolled out. */
async function givenShop() {
  const server = await startShopServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.ask('POST', 'instances', { body: { key: 'initech' } })
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await server.ask('POST', 'plans', { body: plan })
  const shops = new Map<string, Flags>()
  for (const name of INSTANCES) {
    const key = await server.makeKey('server', `production/${name}`)
    const flags = createFlags({ url: server.url, key })
    onTestFinished(() => flags.close())
    await flags.ready()
    shops.set(name, flags)
  }
  return { server, shops }
}

async function startRollout(server: TestServer, rollout = 'r1') {
  const body = { key: rollout, flag: 'search', environment: 'production', plan: 'careful' }
  await server.ask('POST', 'rollouts', { body })
}

/** Serves users; on the new path, those in a hundred who are unlucky fail. */
function serve(flags: Flags, unlucky: number): void {
  for (let i = 0; i < 2_000; i += 1) {
    const mine = flags.for({ targetingKey: `user-${i}` })
    if (i % 100 < (mine.isEnabled('search') ? unlucky : 1)) mine.error(new Error('broken'))
  }
}

const card = (page: Page, name: string) => page.locator('button.run', { hasText: name })

test('a rollout is planned and started by clicks, and steered by keys', async () => {
  const { server } = await givenShop()
  const page = await newPerson(server)
  await page.goto('/')
  await page.getByRole('heading', { name: /needs you/ }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.getByText('No rollout in progress').waitFor()
  await page.getByRole('link', { name: 'Start a rollout' }).first().click()
  await page.getByLabel('Flag').fill('serch')
  await page.getByRole('status').getByText('Did you mean "search"?').waitFor()
  await page.getByLabel('Flag').fill('search')
  await page.getByLabel('Plan').selectOption('careful')
  await page
    .getByRole('row', { name: /^initech/ })
    .getByText('50 %')
    .waitFor()
  await page.getByLabel('Reason, for the change log').fill('The index is built')
  await page.keyboard.press('Control+Enter')

  await card(page, 'globex').getByText('50 %').waitFor()
  await page.getByText(/0 of 4 runs done, 3 in progress/).waitFor()
  const planLink = page.getByRole('link', { name: 'Careful' })
  expect(await planLink.getAttribute('href')).toBe('/plans/careful')
  await page.keyboard.press('p')
  await page.getByRole('heading', { name: 'Pause search' }).waitFor()
  await page.getByText('Regressions are still rolled back.').waitFor()
  await page.keyboard.press('Control+Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  await page.keyboard.press('u')
  await page.getByRole('button', { name: 'Resume' }).waitFor({ state: 'detached' })

  await card(page, 'acme').click()
  await page.keyboard.press('b')
  await page.getByText('acme is rolled back: 0% of the users get "on" instead of 50%.').waitFor()
  await page.getByText('50 % of the users move').waitFor()
  expect(await faultsOf(page)).toEqual([])
  await page.keyboard.type('Acme has a sale')
  await page.keyboard.press('Control+Enter')
  await card(page, 'acme').getByText('0 %', { exact: true }).waitFor()
  await page.getByText('Acme has a sale', { exact: true }).waitFor()
})

test('without a flag, a new rollout shows its plans, and why the variants are closed', async () => {
  const { server } = await givenShop()
  const page = await newPerson(server)
  await page.goto('/start-rollout')
  const careful = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('link', { name: 'Careful' }) })
  await careful.getByText('All 50 %').waitFor()
  await page.getByLabel('Plan').selectOption('Careful')
  await page.getByText('Choose a flag to see its variants').waitFor()
  for (const label of ['Old variant', 'New variant'])
    expect(await page.getByLabel(label).isDisabled()).toBe(true)
  expect(await page.getByLabel('New variant').textContent()).toBe('Choose a flag')
  await page.getByLabel('Flag').fill('search')
  await page.getByText('goes from').waitFor()
  expect(await page.getByLabel('New variant').isEnabled()).toBe(true)
  expect(await page.getByLabel('Plan').inputValue()).toBe('careful')
  await careful.waitFor({ state: 'detached' })
})

describe('a rollout that regresses while the page is open', () => {
  test('turns the card, says why, and needs no reload', { timeout: 60_000 }, async () => {
    const { server, shops } = await givenShop()
    await startRollout(server)
    const page = await newPerson(server)
    await page.goto('/rollouts/r1')
    for (const name of INSTANCES) await card(page, name).getByText('50 %').waitFor()
    for (const [name, flags] of shops) serve(flags, name === 'initech' ? 20 : 1)

    const initech = card(page, 'initech')
    await initech.getByText(/initech: search fails for \d/).waitFor({ timeout: 20_000 })
    await initech.getByText('0 %', { exact: true }).waitFor()
    expect(await card(page, 'globex').textContent()).toContain('50 %')
    // It is the worst now: its plot is shown, and its decision heads the timeline.
    await page.getByRole('heading', { name: 'initech', exact: true }).waitFor()
    await page.getByRole('figure').locator('path.treatment[d^=M]').waitFor({ state: 'attached' })
    const timeline = page.getByRole('region', { name: 'Timeline' })
    await timeline.getByText('rolled back · by itself').waitFor()
    const slider = page.getByRole('slider', { name: 'Minute of the plot' })
    await slider.press('ArrowLeft')
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d, new \d/)
    const rows = await page.getByRole('row').count()
    expect(rows).toBeGreaterThan(1)
    expect(rows).toBeLessThanOrEqual(26)
    expect(await faultsOf(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await faultsOf(page)).toEqual([])

    await page.keyboard.press(']')
    await page.waitForURL(/scope=production(?!%2Finitech)/)
    await page.getByRole('heading', { name: 'initech', exact: true }).waitFor({ state: 'detached' })
    await page.goto('/rollouts')
    const row = page.getByRole('row', { name: /search/ })
    await row.getByText('regressed').waitFor()
    await row.getByText(/initech: search fails for \d/).waitFor()
    await page.goto('/report')
    await page.getByRole('heading', { name: 'initech' }).waitFor()
    await page
      .getByText(/initech: search fails for \d/)
      .first()
      .waitFor()
    // A cell without a share has its glyph, too.
    const glyph = await page
      .getByTitle('rolling')
      .first()
      .locator('.cell')
      .evaluate((cell) => getComputedStyle(cell).backgroundImage)
    expect(glyph).toContain('linear-gradient')
  })
})

test('the report is copied as Markdown', async () => {
  const { server } = await givenShop()
  await server.ask('POST', 'flags/search/kill', { body: { scopes: ['*'], reason: 'Too slow' } })
  const page = await newPerson(server, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await page.goto('/report')
  await page.getByText(/3 of 3 SDKs hold it/).waitFor()
  await page.getByRole('button', { name: 'Copy as Markdown' }).click()
  await page.getByText('Report copied as Markdown').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('## Kills')
})
