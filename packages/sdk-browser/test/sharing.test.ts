import type { Ruleset } from '@flaghoist/core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { isOn, live, setHidden, turnsOn, watchRequests } from './pages.ts'
import { openShop, type Shop } from './shop.ts'

let browser: Browser
let shop: Shop

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  shop = await openShop(browser)
})
afterEach(() => shop[Symbol.asyncDispose]())

const open = (count: number) => Promise.all(Array.from({ length: count }, () => shop.open()))

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
    [shop.server.url, shop.key, count] as const,
  )

describe('eight over HTTP/1.1', () => {
  test('clients of a page share one stream, and neither reports nor the page wait', async () => {
    const asked = watchRequests(shop.context)
    const page = await shop.open()
    await startMany(page, 8)
    expect([asked.streams(), await shop.connected()]).toEqual([1, 1])

    const waitedMs = await page.evaluate(async (url) => {
      const began = performance.now()
      flags.isEnabled('new-checkout', { targetingKey: 'ada' })
      await flags.flush()
      await fetch(`${url}/livez`, { mode: 'no-cors' })
      return performance.now() - began
    }, shop.server.url)
    expect(waitedMs).toBeLessThan(1_000)
    expect(await shop.sums('exposures')).toMatchObject([{ count: 1 }])
  })

  test('tabs share one stream, receive a change, and each of them reports', async () => {
    const asked = watchRequests(shop.context)
    await shop.turn(false)
    const pages = await open(8)
    for (const page of pages) await shop.start(page)
    for (const page of pages) await live(page)
    expect([asked.streams(), await shop.connected()]).toEqual([1, 1])

    await shop.turn(true)
    for (const page of pages) {
      await turnsOn(page)
      await page.evaluate(() => flags.flush())
    }
    // A page may have evaluated before the change reached it.
    const exposuresOn = async () =>
      (await shop.sums('exposures'))
        .filter(({ variant }) => variant === 'on')
        .reduce((sum, { count }) => sum + Number(count), 0)
    await expect.poll(exposuresOn).toBe(8)
  })
})

test('clients with other keys or scopes have streams of their own', async () => {
  const page = await shop.open()
  const other = await shop.server.makeKey('client', 'production')
  await shop.start(page)
  await shop.start(page, { key: other })
  await live(page)

  expect(await shop.connected()).toBe(2)
})

test('clients of a page continue when the one that holds the stream is closed', async () => {
  await shop.turn(false)
  const page = await shop.open()
  await page.evaluate(
    async ([url, secret]) => {
      const first = sdk.createFlags({ url, key: secret })
      await first.ready()
      globalThis.flags = sdk.createFlags({ url, key: secret })
      await flags.ready()
      await first.close()
    },
    [shop.server.url, shop.key] as const,
  )
  await shop.turn(true)
  await turnsOn(page)

  expect(await shop.connected()).toBe(1)
})

describe('tabs that share', () => {
  test('hold one stream, and the next takes over when one goes', async () => {
    const asked = watchRequests(shop.context)
    const pages = await open(3)
    for (const page of pages) await shop.start(page)
    for (const page of pages) await live(page)

    await pages[0]!.close()
    await expect.poll(shop.connected).toBe(1)
    await shop.turn(false)
    for (const page of pages.slice(1))
      await page.waitForFunction(() => !flags.isEnabled('new-checkout'))
    expect(asked.streams()).toBe(2)
  })

  test('resume from the version that they hold when they take over', async () => {
    const asked = watchRequests(shop.context)
    const [first, second] = (await open(2)) as [Page, Page]
    for (const page of [first, second]) {
      await shop.start(page)
      await live(page)
    }
    await shop.turn(false)
    await second.waitForFunction(() => !flags.isEnabled('new-checkout'))
    const { epoch, version } = await second.evaluate(() => flags.status())

    await first.close()
    await expect.poll(asked.streams).toBe(2)

    expect(asked.urls.at(-1)).toContain(`since=${epoch}.${version}.`)
    await shop.turn(true)
    await turnsOn(second)
  })

  test('that are opened at once are all live as soon as the first one is', async () => {
    await shop.context.route(`${shop.server.url}/sdk/v1/stream**`, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      await route.continue()
    })
    const asked = watchRequests(shop.context)
    const pages = await open(3)
    await Promise.all(pages.map((page) => shop.start(page)))
    await Promise.race(pages.map(live))
    const began = performance.now()
    await Promise.all(pages.map(live))

    // A client that is not welcomed asks for itself after 5 s of silence.
    expect(performance.now() - began).toBeLessThan(2_500)
    expect(asked.streams()).toBe(1)
  })

  test('do not share what the server has not confirmed', async () => {
    const { body } = await shop.server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key: shop.key })
    await shop.context.route(`${shop.server.url}/**`, () => new Promise(() => {}))
    const bootstrap = { ...body, epoch: 'snapshot', version: 0 }
    const [bob, ada] = await open(2)
    await shop.start(bob!, { bootstrap })
    // This channel is younger, so it receives each message after bob's tab.
    await bob!.evaluate(
      (name) => {
        new BroadcastChannel(name).onmessage = ({ data }) => {
          if ('hello' in data) document.title = 'greeted'
        }
      },
      `flaghoist:${shop.server.url} ${shop.key.slice(-12)}   2`,
    )
    await shop.start(ada!)
    await bob!.waitForFunction(() => document.title === 'greeted')
    // Every message of bob's tab has arrived in ada's by now.
    await ada!.evaluate(() => new Promise((resolve) => setTimeout(resolve)))

    expect(await isOn(bob!)).toBe(true)
    expect(
      await ada!.evaluate(() => [flags.status().state, flags.isEnabled('new-checkout')]),
    ).toEqual(['default', false])
    expect(await ada!.evaluate(() => JSON.stringify(localStorage))).not.toContain('snapshot')
  })

  test('hand over when the one that holds the stream is hidden', async () => {
    await shop.turn(false)
    const [first, second] = (await open(2)) as [Page, Page]
    for (const page of [first, second]) {
      await shop.start(page)
      await live(page)
    }
    await setHidden(first, true)
    await shop.turn(true)
    await turnsOn(second)
    expect(await shop.connected()).toBe(1)
    expect(await isOn(first)).toBe(false)
    await setHidden(first, false)
    await turnsOn(first)
    expect(await shop.connected()).toBe(1)
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

  /** Delays the messages of a page to other tabs until the event `deliver`. */
  const holdMessages = () => {
    const held: (() => void)[] = []
    let isHolding = true
    globalThis.BroadcastChannel = class extends BroadcastChannel {
      override postMessage(message: unknown) {
        if (isHolding) held.push(() => super.postMessage(message))
        else super.postMessage(message)
      }
    }
    addEventListener('deliver', () => {
      isHolding = false
      for (const deliver of held) deliver()
    })
  }

  test.each(Object.entries(REFUSALS))(
    'is live within a second, with one stream a page: %s',
    async (_, refuse) => {
      await shop.turn(false)
      const page = await shop.open()
      await page.evaluate(refuse)
      expect(await startMany(page, 1)).toBeLessThan(1_000)
      await startMany(page, 3)

      expect(await shop.connected()).toBe(1)
      await shop.turn(true)
      await turnsOn(page)
    },
  )

  test('is live within a second in a sandbox', async () => {
    const page = await shop.context.newPage()
    await page.goto(`${shop.site.url}/sandboxed`)
    expect(
      await page.evaluate(() => navigator.locks.query().then(String, ({ name }) => name)),
    ).toBe('SecurityError')

    expect(await startMany(page, 1)).toBeLessThan(1_000)
    await startMany(page, 3)
    expect(await shop.connected()).toBe(1)
  })

  test.each(['no locks', 'locks that never answer'])(
    'has one stream for two tabs that led at once, and neither misses a change: %s',
    async (refusal) => {
      const asked = watchRequests(shop.context)
      await shop.turn(false)
      const pages = await open(2)
      for (const page of pages) {
        await page.evaluate(REFUSALS[refusal]!)
        await page.evaluate(holdMessages)
        await shop.start(page)
        await live(page)
        await page.evaluate(() => {
          heard.length = 0
          flags.on('status', ({ state }) => heard.push([state]))
        })
      }
      expect([asked.streams(), await shop.connected()]).toEqual([2, 2])

      for (const page of pages) await page.evaluate(() => dispatchEvent(new Event('deliver')))
      await expect.poll(shop.connected).toBe(1)
      await shop.turn(true)
      for (const page of pages) await turnsOn(page)
      expect(asked.streams()).toBe(2)
      // Nothing else: no status in between, and no version before.
      for (const page of pages)
        expect(await page.evaluate(() => heard.flat())).toEqual(['new-checkout'])
    },
  )

  test('agrees on one stream with a tab that has the lock', async () => {
    await shop.turn(false)
    const [first, second] = (await open(2)) as [Page, Page]
    await first.evaluate(REFUSALS['locks that never answer']!)
    for (const page of [first, second]) {
      await shop.start(page)
      await live(page)
    }
    await expect.poll(shop.connected).toBe(1)
    await shop.turn(true)
    for (const page of [first, second]) await turnsOn(page)
    await second.close()
    await shop.turn(false)
    await first.waitForFunction(() => !flags.isEnabled('new-checkout'))
    await expect.poll(shop.connected).toBe(1)
  })

  test('still shares one stream between tabs where only locks are missing', {
    timeout: 60_000,
  }, async () => {
    const pages = await open(4)
    // Without locks, tabs that draw nearly the same delay may all lead.
    const draws = [0.7, 0, 0.45, 0.9]
    for (const [i, page] of pages.entries()) {
      await page.evaluate((draw) => {
        Math.random = () => draw
      }, draws[i]!)
      await page.evaluate(REFUSALS['no locks']!)
      await shop.start(page)
      await live(page)
    }
    // On a slow machine, a tab may lead before the answer of the first one, until they agree.
    await expect.poll(shop.connected).toBe(1)

    await pages[0]!.close()
    await shop.turn(false)
    for (const page of pages.slice(1))
      await page.waitForFunction(() => !flags.isEnabled('new-checkout'))
    await expect.poll(shop.connected).toBe(1)
  })
})
