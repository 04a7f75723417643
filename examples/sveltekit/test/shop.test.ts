import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { type Shop, startShop } from './app.ts'

interface Outcome {
  readonly metric: string
  readonly units: number
}

let browser: Browser
let shop: Shop
let context: BrowserContext
let problems: string[]

beforeAll(async () => {
  browser = await launchChromium()
  shop = await startShop()
}, 120_000)
afterAll(async () => {
  await browser.close()
  await shop[Symbol.asyncDispose]()
})
beforeEach(async () => {
  context = await browser.newContext()
  problems = []
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  context.on('weberror', (error) => problems.push(String(error.error())))
})
afterEach(() => context.close())

/** A page, with a customer who has logged in. */
async function open(path = '/', user = 'ada'): Promise<Page> {
  await context.addCookies([{ name: 'user', value: user, url: shop.url }])
  const page = await context.newPage()
  await page.goto(shop.url + path)
  return page
}

const teaser = (page: Page) => page.getByTestId('checkout-teaser')
/** Resolves once scripts have taken the page over. */
const hydrated = (page: Page) =>
  page.waitForFunction(() => document.querySelector('[data-ready=true]'))
const live = async (page: Page) => {
  await page.goto(`${shop.url}/status`)
  await page.getByTestId('state').filter({ hasText: 'live' }).waitFor()
}
const shown = (html: string) =>
  html
    .replace(/<!--.*?-->|<script.*?<\/script>/gs, '')
    .replace(/data-ready="\w+"/, '')
    .replace(/\s+/g, ' ')

test('what the server decides is what the browser shows first, for every customer', async () => {
  const texts = new Set<string>()
  // Visitors get an id each; after so many, one of both halves has surely come by.
  for (const user of ['ada', 'bob', ...Array.from({ length: 30 }, () => '')]) {
    if (texts.size === 2 && user === '') break
    await context.clearCookies()
    const page = await context.newPage()
    if (user) await context.addCookies([{ name: 'user', value: user, url: shop.url }])
    // The text before and after any script runs.
    const mutations: string[] = []
    await page.exposeFunction('mutated', (text: string) => void mutations.push(text))
    await page.addInitScript(() => {
      new MutationObserver((records) => {
        for (const { target } of records)
          if (target.nodeType === Node.TEXT_NODE && target.textContent?.trim())
            (window as unknown as { mutated(text: string): void }).mutated(target.textContent)
      }).observe(document, { subtree: true, characterData: true })
    })
    const response = await page.goto(shop.url)
    const source = (await response!.text()).match(/<main>.*<\/main>/s)![0]
    await hydrated(page)
    const after = await page.locator('main').evaluate((main) => main.outerHTML)

    expect(shown(after)).toBe(shown(source))
    expect(mutations).toEqual([])
    texts.add(await teaser(page).textContent())
    await page.close()
  }
  expect(texts.size).toBe(2) // Half of them have it, and nobody saw it flicker.
  expect(problems).toEqual([])
})

/** The variant that a page shows once its flags are there. */
async function variantOn(page: Page, path: string): Promise<string | null> {
  await page.goto(shop.url + path)
  const place = path === '/' ? teaser(page) : page.getByTestId('about-checkout')
  if (path === '/') await hydrated(page)
  return place.locator('.tag').textContent()
}

/** Every variant that each of some new visitors saw, page by page. */
async function seenBy(
  visitors: number,
  paths: readonly string[],
  prepare: (context: BrowserContext, visitor: number) => Promise<void> = async () => undefined,
): Promise<readonly (string | null)[][]> {
  const seen = []
  for (let visitor = 0; visitor < visitors; visitor += 1) {
    const own = await browser.newContext()
    await prepare(own, visitor)
    const page = await own.newPage()
    const variants = []
    for (const path of paths) variants.push(await variantOn(page, path))
    seen.push(variants)
    await own.close()
  }
  return seen
}
const flips = (seen: readonly (string | null)[][]) =>
  seen.filter((variants) => new Set(variants).size > 1)

test.for([
  ['a rendered', ['/', '/about', '/']],
  ['a prerendered', ['/about', '/', '/about']],
] as const)(
  'a visitor whose first page is %s one sees one variant',
  { timeout: 120_000 },
  async ([, paths]) => {
    const seen = await seenBy(16, paths)

    expect(flips(seen)).toEqual([])
    expect(new Set(seen.flat())).toEqual(new Set(['new', 'classic']))
  },
)

test.for([
  ['a rendered', ['/', '/about', '/']],
  ['a prerendered', ['/about', '/', '/about']],
] as const)(
  'a visitor of the version before, whose first page is %s one, keeps one of two ids',
  { timeout: 120_000 },
  async ([, paths]) => {
    const seen = await seenBy(8, paths, async (own, visitor) => {
      const value = `anonymous-server-${visitor}`
      await own.addCookies([{ name: 'flaghoist-id', value, url: shop.url, httpOnly: true }])
      const stored = `localStorage['flaghoist:id'] ??= 'anonymous-page-${visitor}'`
      await own.addInitScript({ content: stored })
    })

    expect(flips(seen)).toEqual([])
    expect(new Set(seen.flat())).toEqual(new Set(['new', 'classic']))
  },
)

test('the page holds no rule, and no key but that of browsers', async () => {
  const page = await open()
  const source = await (await page.goto(shop.url))!.text()

  expect(source).toContain('fh_client_')
  for (const secret of ['fh_server_', '"share":50000', 'share:50000', 'segments:{a', 'clauses'])
    expect(source).not.toContain(secret)
})

test('a change shows without a reload, within 200 ms', async () => {
  const page = await open('/', 'ada')
  await live(page)
  await page.goto(shop.url)
  await hydrated(page)
  const toggle = async (percent: number, tag: string) => {
    const before = Date.now()
    await shop.roll('new-checkout', percent)
    await teaser(page).locator('.tag', { hasText: tag }).waitFor()
    return Date.now() - before
  }
  // One of the two is seen only by a page that is live.
  await toggle(100, 'new')
  await toggle(0, 'classic')
  const took = await toggle(100, 'new')
  await shop.roll('new-checkout', 50)

  expect(took).toBeLessThan(200)
})

const failures = async () => {
  const { body } = await shop.flaghoist.ask<{ items: Outcome[] }>(
    'GET',
    'outcomes?interval=total&flag=new-picks',
  )
  return body.items
    .filter(({ metric }) => metric === 'error')
    .reduce((sum, { units }) => sum + units, 0)
}

test('an error of the new path shows the old one, and is counted', async () => {
  const before = await failures()
  await shop.roll('new-picks', 0)
  const page = await open('/', 'cy')
  await page.getByTestId('picks').filter({ hasText: 'classic' }).waitFor()
  await live(page)
  await shop.roll('new-picks', 100)
  await page.getByTestId('new-picks').filter({ hasText: 'on' }).waitFor()
  await page.getByRole('link', { name: 'Shop' }).click()

  await page.getByTestId('picks').filter({ hasText: 'classic' }).waitFor()
  await page.getByRole('heading', { name: 'Good to see you, Cy' }).waitFor()
  // SvelteKit shows the error with its stack, and the SDK the flag that it belongs to.
  expect(problems.filter((text) => /toLowerCase.*\n +at /s.test(text))).toHaveLength(1)
  expect(problems.filter((text) => text.includes('fail("new-picks")'))).toHaveLength(1)
  await expect.poll(failures, { timeout: 15_000 }).toBe(before + 1)
})

test('so does an error on the server, and it is counted once', async () => {
  const before = await failures()
  const page = await open('/', 'dee')

  await page.getByTestId('picks').filter({ hasText: 'classic' }).waitFor()
  await page.getByRole('heading', { name: 'Good to see you, Dee' }).waitFor()
  await expect.poll(failures, { timeout: 15_000 }).toBe(before + 1)
})

test('starts offline from what was kept', async () => {
  const page = await open('/', 'ada')
  await live(page)
  await page.waitForFunction(() => Object.keys(localStorage).some((name) => name.includes('http')))
  const before = await page.getByTestId('new-checkout').textContent()
  await context.route(`${shop.flaghoist.url}/**`, (route) => route.abort())
  await page.goto(`${shop.url}/status`)

  expect(await page.getByTestId('new-checkout').textContent()).toBe(before)
  await page.getByTestId('state').filter({ hasText: 'cached' }).waitFor()
})

test('two tabs hold one stream', async () => {
  const streams: string[] = []
  context.on('request', (request) => {
    if (request.url().includes('/sdk/v1/stream') && request.method() === 'GET')
      streams.push(request.url())
  })
  const [first, second] = [await open('/status'), await open('/status')]
  for (const page of [first, second])
    await page.getByTestId('state').filter({ hasText: 'live' }).waitFor()

  expect(streams).toHaveLength(1)
})

test('logging in asks for somebody else, without a reload of the flags', async () => {
  const page = await open('/', '')
  await hydrated(page)
  await page.getByLabel('Customer').selectOption('bob')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Good to see you, Bob' }).waitFor()
  await page.getByRole('link', { name: 'Flags' }).click()
  await page.getByText('bob', { exact: true }).waitFor()
})

test('a request reports its latency, and a guard its failure, from the server', async () => {
  await (await open('/checkout', 'ada')).getByTestId('total').waitFor()
  const metrics = async () => {
    const { body } = await shop.flaghoist.ask<{ items: { flag: string; metric: string }[] }>(
      'GET',
      'outcomes?interval=total&flag=new-prices',
    )
    return body.items.map(({ metric }) => metric)
  }
  await expect.poll(metrics, { timeout: 15_000 }).toContain('latency')
})
