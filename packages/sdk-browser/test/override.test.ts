import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type * as override from '../src/override.ts'
import { isOn, live, startFlags } from './pages.ts'
import { openShop, type Shop } from './shop.ts'
import { bundle, type Site, startSite } from './site.ts'

declare global {
  var overrides: typeof override
}

// As an app loads it: built apart from the SDK, whose internal names are shortened.
const SCRIPT = `
import * as overrides from '../src/override.ts'
globalThis.overrides = overrides
`

let browser: Browser
let shop: Shop
let site: Site

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  shop = await openShop(browser)
  site = await startSite(shop.server.url, { '/override.js': await bundle(SCRIPT, false) })
  await shop.turn(false)
  await allow(true)
})
afterEach(async () => {
  await site[Symbol.asyncDispose]()
  await shop[Symbol.asyncDispose]()
})

const allow = (isAllowed: boolean) =>
  shop.server.ask('PATCH', 'environments/production', { body: { overrides: isAllowed } })

async function createSecret(lifeMs = 60_000): Promise<string> {
  const body = {
    name: 'Ada',
    kind: 'override',
    scope: 'production',
    expiresAt: new Date(Date.now() + lifeMs).toISOString(),
    override: { flag: 'new-checkout', variant: 'on' },
  }
  const { body: key } = await shop.server.ask<{ secret: string }>('POST', 'keys', { body })
  return key.secret
}

/** Opens a page of the shop as an app that allows overrides. */
async function open(query = '', context: BrowserContext = shop.context): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${site.url}/${query}`)
  await page.addScriptTag({ url: '/override.js' })
  const options = { url: shop.server.url, key: shop.key }
  await startFlags(page, options)
  await page.evaluate((given) => overrides.applyOverride(flags, given), options)
  await live(page)
  return page
}

const statusOf = (page: Page) => page.evaluate(() => flags.status().override)
const stored = (page: Page) => page.evaluate(() => localStorage.getItem('flaghoist:override'))

test('a link shows a variant in this browser only, and nothing is counted there', async () => {
  const page = await open(`?page=2&flaghoist-override=${await createSecret()}#cart`)
  expect(await isOn(page)).toBe(true)
  expect(await statusOf(page)).toEqual({ flag: 'new-checkout', variant: 'on' })
  expect(page.url()).toBe(`${site.url}/?page=2#cart`)
  await page.evaluate(() => {
    flags.track('checkout-completed')
    return flags.flush()
  })

  const later = await open()
  expect(await isOn(later)).toBe(true)
  await later.evaluate(() => flags.flush())
  expect(await shop.sums('exposures')).toEqual([])
  expect(await shop.sums('outcomes')).toEqual([])

  const other = await browser.newContext()
  const elsewhere = await open('', other)
  expect(await isOn(elsewhere)).toBe(false)
  expect(await statusOf(elsewhere)).toBeUndefined()
  await elsewhere.evaluate(() => flags.flush())
  expect(await shop.sums('exposures')).toHaveLength(1)
  await other.close()
})

test('a kill comes before an override, and its restore gives way to it again', async () => {
  const page = await open(`?flaghoist-override=${await createSecret()}`)
  expect(await isOn(page)).toBe(true)

  await shop.server.ask('POST', 'flags/new-checkout/kill')
  await page.waitForFunction(() => !flags.isEnabled('new-checkout'))
  await shop.server.ask('POST', 'flags/new-checkout/restore')
  await page.waitForFunction(() => flags.isEnabled('new-checkout'))
})

test('a change of another flag, and of this one, leaves the override in place', async () => {
  const page = await open(`?flaghoist-override=${await createSecret()}`)
  await shop.turn(true, {
    rules: [{ when: [], serve: { variant: 'off' } }],
    fallthrough: { variant: 'on' },
  })
  await shop.server.ask('POST', 'flags', { body: { key: 'other', clientVisible: true } })
  // Changes arrive in order.
  await page.waitForFunction(() => globalThis.heard.flat().includes('other'))
  expect(await isOn(page)).toBe(true)
})

test('a forged entry has no effect, and is removed', async () => {
  const page = await open()
  await page.evaluate(() => localStorage.setItem('flaghoist:override', 'fh_override_forged'))
  const forged = await open()
  expect(await isOn(forged)).toBe(false)
  expect(await statusOf(forged)).toBeUndefined()
  expect(await stored(forged)).toBeNull()
})

test('an override ends where the project no longer allows it', async () => {
  const page = await open(`?flaghoist-override=${await createSecret()}`)
  expect(await isOn(page)).toBe(true)
  await allow(false)
  const later = await open()
  expect(await isOn(later)).toBe(false)
  expect(await stored(later)).toBeNull()
})

test('an override ends by a call, by a link and in time', async () => {
  const link = `?flaghoist-override=${await createSecret()}`
  const page = await open(link)
  await page.evaluate(() => overrides.endOverride(flags))
  expect(await isOn(page)).toBe(false)
  expect(await stored(page)).toBeNull()

  expect(await isOn(await open(link))).toBe(true)
  expect(await isOn(await open('?flaghoist-override='))).toBe(false)

  const short = await open(`?flaghoist-override=${await createSecret(3_000)}`)
  expect(await isOn(short)).toBe(true)
  await short.waitForFunction(() => !flags.isEnabled('new-checkout'))
  expect(await statusOf(short)).toBeUndefined()
})
