import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { seed } from '../demo/seed.ts'
import { faultsOf } from './faults.ts'
import { newPerson, newVisitor } from './people.ts'

let browser: Browser
let server: TestServer
beforeAll(async () => {
  browser = await launchChromium()
  server = await startTestServer({ FLAGHOIST_PROJECT: 'shop' })
  await seed({ url: server.url, key: ADMIN_KEY, project: 'shop' })
})
afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
})

/** Every screen, with a text that shows that it has loaded. */
const SCREENS = [
  ['/', 'slow-import-guard'],
  ['/flags', 'address-check'],
  ['/flags?q=owner:nobody', 'Clear the query'],
  ['/flags?columns=@tags,production&instances=acme', 'team'],
  ['/views/none', 'There is no view'],
  ['/flags/new-checkout', 'Switched off'],
  ['/flags/none', 'There is no flag "none".'],
  ['/rollouts', 'delivery-slots'],
  ['/rollouts/new-checkout', 'initech: new-checkout fails for'],
  ['/rollouts/fast-search', 'more users'],
  ['/start-rollout?flag=apple-pay', 'Wave 1'],
  ['/report', 'Still open'],
  ['/instances', 'Stark Industries'],
  ['/instances/acme', 'ledger-2'],
  ['/drift', 'unexplained'],
  ['/drift?only=unexplained&q=owner:nobody', 'No flag that differs matches'],
  ['/log', 'Eve paused'],
  ['/connections', 'No program has connected'],
  ['/try?compare=1&scope2=dev', 'flags differ'],
  ['/segments', 'Our own people'],
  ['/segments/pilot-users?context={"plan":"pro"}', 'Out.'],
  ['/plans', 'pilot-europe-others'],
  ['/plans/pilot-europe-others', 'Instances with tier=pilot'],
  ['/plans/pilot-europe-others/edit', 'Now:'],
  ['/create-plan', 'Now:'],
  ['/rollout-metrics', 'Time to a page'],
  ['/stale', 'Its removal was planned'],
  ['/notifications', 'No subscriptions yet'],
  ['/keys', 'not used for 30 days'],
  ['/freezes', 'No freezes yet'],
  ['/freezes?view=calendar', 'is not frozen now'],
  ['/settings', 'this browser'],
  ['/start', 'Waiting for your first SDK'],
  ['/nowhere', 'This page does not exist'],
] as const

/** Parts of a screen that differ from those above. */
const PARTS = [
  ['/flags/new-checkout?tab=rollout', 'production/umbrella', 'section'],
  ['/flags/search-ranking?scope=production', 'Staff first', 'section'],
  ['/flags/new-checkout?tab=exposure', 'exposures in the last 24 hours', 'section'],
  ['/flags/new-checkout?tab=usage', 'no program in the last hour', 'section'],
  ['/flags/dark-theme?tab=exposure', 'No exposure in 30 days', 'section'],
  ['/flags/dark-theme?tab=usage', 'No program uses this flag', 'section'],
  ['/flags/slow-import-guard?tab=history', 'killed slow-import-guard in', 'section'],
  ['/flags/ledger-2?cell=ledger-2@production/acme', 'The unit is outside', 'dialog'],
] as const

/** Dialogs by the keys that open them. */
const DIALOGS = [
  ['Control+k', 'Go to flags'],
  ['?', 'First or last cell of the row'],
  ['Shift+K', 'No freeze stops a kill'],
] as const

/** A low window: grids have fewer rows, and axe has less to read. */
const LOW = { width: 1280, height: 320 }

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

test('no screen is larger than a phone, except for what scrolls in it', {
  timeout: 120_000,
}, async () => {
  const page = await newPerson(browser, server, PHONE)
  const faults: string[] = []
  for (const [path] of [...SCREENS, ...PARTS]) {
    await page.goto(path)
    // A phone shows no columns, so not every text of a wide screen.
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    const sizes = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement
      const { scrollWidth: inner, clientWidth } = document.querySelector('main')!
      return [scrollWidth - innerWidth, scrollHeight - innerHeight, inner - clientWidth]
    })
    if (sizes.some((excess) => excess > 0)) faults.push(`${path}: ${sizes}`)
  }
  expect(faults).toEqual([])
})

test('a button keeps its colour under the pointer, so that its text stays readable', async () => {
  const page = await newPerson(browser, server, { viewport: LOW })
  await page.goto('/keys')
  for (const name of ['Create a key', 'Kill', 'Revoke Ada']) {
    const button = page.getByRole('button', { name }).first()
    const colour = () => button.evaluate((one) => getComputedStyle(one).backgroundColor)
    await button.waitFor()
    const before = await colour()
    await button.hover()
    expect(await colour()).toBe(before)
  }
})

describe('axe finds no fault in any theme', () => {
  test('on the sign-in', async () => {
    const page = await newVisitor(browser, server)
    await page.goto('/')
    await page.getByLabel('Admin key').waitFor()
    expect(await faultsOf(page)).toEqual([])
  })

  test('on any screen', { timeout: 240_000 }, async () => {
    const page = await newPerson(browser, server, { viewport: LOW })
    const faults: string[] = []
    for (const [path, text, part] of [...SCREENS, ...PARTS]) {
      await page.goto(path)
      await page.getByText(text).first().waitFor()
      faults.push(...(await faultsOf(page, part)).map((fault) => `${path}: ${fault}`))
    }
    expect(faults).toEqual([])
  })

  test('in any dialog', { timeout: 60_000 }, async () => {
    const page = await newPerson(browser, server, { viewport: LOW })
    await page.goto('/start')
    await page.getByText('Waiting for').waitFor()
    const faults: string[] = []
    for (const [keys, text] of DIALOGS) {
      await page.keyboard.press(keys)
      await page.getByText(text).first().waitFor()
      faults.push(...(await faultsOf(page, 'dialog')).map((fault) => `${keys}: ${fault}`))
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
    }
    expect(faults).toEqual([])
  })
})
