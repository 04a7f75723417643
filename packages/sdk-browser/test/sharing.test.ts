import type { Ruleset } from '@flaghoist/core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import type { BrowserOptions } from '../src/index.ts'
import { isOn, live, setHidden, startFlags, turnsOn, watchRequests } from './pages.ts'
import { type Site, startSite } from './site.ts'

let browser: Browser
let server: TestServer
let site: Site
let context: BrowserContext
let key: string

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  server = await startTestServer()
  site = await startSite(server.url)
  context = await browser.newContext()
  await server.ask('POST', 'flags', { body: { key: 'new-checkout', clientVisible: true } })
  await turn(true)
  key = await server.makeKey('client', 'production')
})
afterEach(async () => {
  await context.close()
  await server[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

const turn = (on: boolean) =>
  server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on } })
const start = (page: Page, options: Partial<BrowserOptions> = {}) =>
  startFlags(page, { url: server.url, key, ...options })
const open = (count: number) => Promise.all(Array.from({ length: count }, () => site.open(context)))

/** Streams that the server has open. */
const connected = async () =>
  (await server.ask<{ connected: number }>('GET', 'propagation')).body.connected
const exposures = async () =>
  (await server.ask<{ items: { count: number }[] }>('GET', 'exposures?interval=total')).body.items

/** Makes several clients on one page; returns the time until all are live, ms. */
const startMany = (page: Page, count: number) =>
  page.evaluate(
    async ([url, secret, clients]) => {
      const began = performance.now()
      const made = Array.from({ length: clients }, () => sdk.createFlags({ url, key: secret }))
      globalThis.flags = made.at(-1)!
      await Promise.all(made.map((one) => one.ready()))
      const states = made.map((one) => one.status().state)
      if (states.some((state) => state !== 'live')) throw new Error(states.join())
      return performance.now() - began
    },
    [server.url, key, count] as const,
  )

describe('eight over HTTP/1.1', () => {
  test('clients of a page share one stream, and neither reports nor the page wait', async () => {
    const asked = watchRequests(context)
    const page = await site.open(context)
    await startMany(page, 8)
    expect([asked.streams(), await connected()]).toEqual([1, 1])

    const waitedMs = await page.evaluate(async (url) => {
      const began = performance.now()
      flags.isEnabled('new-checkout', { targetingKey: 'ada' })
      await flags.flush()
      await fetch(`${url}/livez`, { mode: 'no-cors' })
      return performance.now() - began
    }, server.url)
    expect(waitedMs).toBeLessThan(1_000)
    expect(await exposures()).toMatchObject([{ count: 1 }])
  })

  test('tabs share one stream, hear of a change, and each of them reports', async () => {
    const asked = watchRequests(context)
    await turn(false)
    const pages = await open(8)
    for (const page of pages) await start(page)
    for (const page of pages) await live(page)
    expect([asked.streams(), await connected()]).toEqual([1, 1])

    await turn(true)
    for (const page of pages) {
      await turnsOn(page)
      await page.evaluate(() => flags.flush())
    }
    await expect
      .poll(async () => (await exposures()).reduce((sum, { count }) => sum + count, 0))
      .toBe(8)
  })
})

test('clients with other keys or scopes have streams of their own', async () => {
  const page = await site.open(context)
  const other = await server.makeKey('client', 'production')
  await start(page)
  await start(page, { key: other })
  await live(page)

  expect(await connected()).toBe(2)
})

test('clients of a page go on when the one that holds the stream is closed', async () => {
  await turn(false)
  const page = await site.open(context)
  await page.evaluate(
    async ([url, secret]) => {
      const first = sdk.createFlags({ url, key: secret })
      await first.ready()
      globalThis.flags = sdk.createFlags({ url, key: secret })
      await flags.ready()
      await first.close()
    },
    [server.url, key] as const,
  )
  await turn(true)
  await turnsOn(page)

  expect(await connected()).toBe(1)
})

describe('tabs that share', () => {
  test('hold one stream, and the next takes over when one goes', async () => {
    const asked = watchRequests(context)
    const pages = await open(3)
    for (const page of pages) await start(page)
    for (const page of pages) await live(page)

    await pages[0]!.close()
    await expect.poll(connected).toBe(1)
    await turn(false)
    for (const page of pages.slice(1))
      await page.waitForFunction(() => !flags.isEnabled('new-checkout'))
    expect(asked.streams()).toBe(2)
  })

  test('that are opened at once are all live as soon as the first one is', async () => {
    await context.route(`${server.url}/sdk/v1/stream**`, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      await route.continue()
    })
    const asked = watchRequests(context)
    const pages = await open(3)
    const began = performance.now()
    await Promise.all(pages.map((page) => start(page)))
    await Promise.all(pages.map(live))

    // A client that is not welcomed asks for itself after 5 s of silence.
    expect(performance.now() - began).toBeLessThan(4_500)
    expect(asked.streams()).toBe(1)
  })

  test('keep to themselves what the server has not confirmed', async () => {
    const { body } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
    await context.route(`${server.url}/**`, () => new Promise(() => {}))
    const bootstrap = { ...body, epoch: 'snapshot', version: 0 }
    const [bob, ada] = await open(2)
    await start(bob!, { bootstrap })
    // Hears what bob's tab hears, and after it: its channel is younger.
    await bob!.evaluate(
      (name) => {
        new BroadcastChannel(name).onmessage = ({ data }) => {
          if ('hello' in data) document.title = 'greeted'
        }
      },
      `flaghoist:${server.url} ${key.slice(-12)}   2`,
    )
    await start(ada!)
    await bob!.waitForFunction(() => document.title === 'greeted')
    // What bob's tab had to say is in ada's by now.
    await ada!.evaluate(() => new Promise((resolve) => setTimeout(resolve)))

    expect(await isOn(bob!)).toBe(true)
    expect(
      await ada!.evaluate(() => [flags.status().state, flags.isEnabled('new-checkout')]),
    ).toEqual(['default', false])
    expect(await ada!.evaluate(() => JSON.stringify(localStorage))).not.toContain('snapshot')
  })

  test('hand over when the one that holds the stream is hidden', async () => {
    await turn(false)
    const [first, second] = (await open(2)) as [Page, Page]
    for (const page of [first, second]) {
      await start(page)
      await live(page)
    }
    await setHidden(first, true)
    await turn(true)
    await turnsOn(second)
    expect(await connected()).toBe(1)
    expect(await isOn(first)).toBe(false)
    await setHidden(first, false)
    await turnsOn(first)
    expect(await connected()).toBe(1)
  })
})

describe('a browser that refuses', () => {
  /** Ways of a page to have no locks or no channels. */
  const REFUSALS: Readonly<Record<string, () => void>> = {
    'no locks': () => Object.defineProperty(navigator, 'locks', { value: undefined }),
    'locks that throw': () =>
      Object.defineProperty(navigator, 'locks', {
        get() {
          throw new DOMException('refused', 'SecurityError')
        },
      }),
    'locks that reject': () => {
      navigator.locks.request = () => Promise.reject(new DOMException('refused', 'SecurityError'))
    },
    'locks that never answer': () => {
      navigator.locks.request = () => new Promise(() => {})
    },
    'no channels': () => Reflect.deleteProperty(globalThis, 'BroadcastChannel'),
    'channels that throw': () => {
      globalThis.BroadcastChannel = class {
        constructor() {
          throw new DOMException('refused', 'SecurityError')
        }
      } as never
    },
    'neither locks nor channels': () => {
      Object.defineProperty(navigator, 'locks', { value: undefined })
      Reflect.deleteProperty(globalThis, 'BroadcastChannel')
    },
  }

  test.each(Object.entries(REFUSALS))(
    'is live within a second, with one stream a page: %s',
    async (_, refuse) => {
      await turn(false)
      const page = await site.open(context)
      await page.evaluate(refuse)
      expect(await startMany(page, 1)).toBeLessThan(1_000)
      await startMany(page, 3)

      expect(await connected()).toBe(1)
      await turn(true)
      await turnsOn(page)
    },
  )

  test('is live within a second in a sandbox', async () => {
    const page = await context.newPage()
    await page.goto(`${site.url}/sandboxed`)
    expect(
      await page.evaluate(() => navigator.locks.query().then(String, ({ name }) => name)),
    ).toBe('SecurityError')

    expect(await startMany(page, 1)).toBeLessThan(1_000)
    await startMany(page, 3)
    expect(await connected()).toBe(1)
  })

  test('still shares one stream between tabs where only locks are missing', async () => {
    const pages = await open(4)
    for (const page of pages) {
      await page.evaluate(REFUSALS['no locks']!)
      await start(page)
      await live(page)
    }
    expect(await connected()).toBe(1)

    await pages[0]!.close()
    await turn(false)
    for (const page of pages.slice(1))
      await page.waitForFunction(() => !flags.isEnabled('new-checkout'))
    expect(await connected()).toBe(1)
  })
})
