import type { Ruleset } from '@flaghoist/core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { BrowserOptions } from '../src/index.ts'
import { isOn, live, setHidden, turnsOn, watchRequests } from './pages.ts'
import { openShop, type Shop } from './shop.ts'
import { startSite } from './site.ts'

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

const roll = (share: number) =>
  shop.turn(true, {
    fallthrough: { variant: 'off' },
    rollout: { by: 'targetingKey', salt: 's', share, serve: { variant: 'on' } },
  })

/** Opens a live page on which chance has given every user the new variant. */
async function openTreated(options: Partial<BrowserOptions> = {}): Promise<Page> {
  await roll(100_000)
  const page = await shop.open()
  await shop.start(page, options)
  await live(page)
  return page
}

/** Returns the names of the counted outcomes. */
const metrics = async () => (await shop.sums('outcomes')).map(({ metric }) => metric)

/** Reports take a second or ten. */
const SOON = { timeout: 15_000 }

describe('a page', () => {
  test('is live under a strict policy, and tells its key to nobody in a URL', async () => {
    const asked = watchRequests(shop.context)
    const page = await shop.open()
    const problems: string[] = []
    page.on('console', (message) => problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(String(error)))
    await shop.start(page)
    await live(page)

    expect(await page.evaluate(() => flags.status())).toMatchObject({
      transport: 'stream',
      scope: 'production',
    })
    expect(problems).toEqual([])
    expect(asked.urls.join()).not.toContain(shop.key)
  })

  test('hears of a change within 200 ms', async () => {
    await shop.turn(false)
    const page = await shop.open()
    await shop.start(page)
    await live(page)
    expect(await isOn(page)).toBe(false)

    await page.evaluate(() => {
      flags.on('change', () => {
        globalThis.changedAt = Date.now()
      })
    })
    const times: number[] = []
    for (const on of [true, false, true]) {
      await page.evaluate(() => {
        globalThis.changedAt = 0
      })
      const before = Date.now()
      await shop.turn(on)
      const changedAt = await page.waitForFunction(() => globalThis.changedAt)
      times.push(Number(await changedAt.jsonValue()) - before)
      expect(await isOn(page)).toBe(on)
      expect(await page.evaluate(() => heard.at(-1))).toEqual(['new-checkout'])
    }

    // A busy machine may delay one of them.
    expect(Math.min(...times)).toBeLessThan(200)
  })

  test('starts from what an earlier page kept, without a server', async () => {
    const page = await shop.open()
    await shop.start(page)
    await live(page)
    await page.waitForFunction(() =>
      Object.keys(localStorage).some((name) => name.includes('http')),
    )
    await shop.context.route(`${shop.server.url}/**`, (route) => route.abort())
    await page.reload()
    await shop.start(page)

    expect(
      await page.evaluate(() => [flags.isEnabled('new-checkout'), flags.status().state]),
    ).toEqual([true, 'cached'])
  })

  test('starts with a new key from the ruleset that the old one cached under a name', async () => {
    const page = await shop.open()
    await shop.start(page, { cacheName: 'shop' })
    await live(page)
    await page.waitForFunction(() =>
      Object.keys(localStorage).some((name) => name.includes('http')),
    )
    await shop.context.route(`${shop.server.url}/**`, (route) => route.abort())
    await page.reload()
    const stateWith = (options: Partial<BrowserOptions>) =>
      shop
        .start(page, { key: 'fh_client_new', ...options })
        .then(() => page.evaluate(() => flags.status().state))

    expect(await stateWith({ cacheName: 'shop' })).toBe('cached')
    expect(await stateWith({})).toBe('default')
  })

  test('starts from a bootstrap, also where nothing may be stored', async () => {
    const client = await shop.server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key: shop.key })
    await shop.context.route(`${shop.server.url}/**`, (route) => route.abort())
    const page = await shop.open()
    await page.evaluate(() =>
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new Error('blocked')
        },
      }),
    )
    await shop.start(page, { bootstrap: client.body })

    expect(await isOn(page)).toBe(true)
    expect(await page.evaluate(() => flags.context.targetingKey)).toMatch(/^anonymous-/)
  })

  test('rests while it is hidden, and comes back with one request', async () => {
    const asked = watchRequests(shop.context)
    await shop.turn(false)
    const page = await shop.open()
    await shop.start(page)
    await live(page)

    await setHidden(page, true)
    await expect.poll(shop.connected, SOON).toBe(0)
    await shop.turn(true)
    expect(await isOn(page)).toBe(false)
    const before = asked.streams()
    await setHidden(page, false)
    await turnsOn(page)

    expect([asked.streams() - before, await shop.connected()]).toEqual([1, 1])
  })

  test('asks at once when it is resumed after a freeze, and does not connect twice while it loads', async () => {
    const asked = watchRequests(shop.context)
    const page = await shop.open()
    const tell = (type: string, persisted: boolean) =>
      page.evaluate(
        ([name, isKept]) => {
          const event = new PageTransitionEvent(name, { persisted: isKept })
          ;(name === 'resume' ? document : globalThis).dispatchEvent(event)
        },
        [type, persisted] as const,
      )
    await shop.start(page)
    await live(page)
    await tell('pageshow', false)
    expect(asked.streams()).toBe(1)

    await tell('pageshow', true)
    await expect.poll(asked.streams).toBe(2)
    await tell('resume', false)
    await expect.poll(asked.streams).toBe(3)
    await expect.poll(shop.connected).toBe(1)
  })

  test('that is opened in the background asks nothing until it is looked at', async () => {
    const asked = watchRequests(shop.context)
    const page = await shop.open()
    await setHidden(page, true)
    await shop.start(page)
    expect(asked.streams()).toBe(0)
    await setHidden(page, false)
    await live(page)
    expect(asked.streams()).toBe(1)
  })

  test('polls where streams are not to be had', async () => {
    await shop.turn(false)
    await shop.context.route(`${shop.server.url}/sdk/v1/stream**`, (route) =>
      route.fulfill({ status: 501, headers: { 'access-control-allow-origin': '*' } }),
    )
    const page = await shop.open()
    await shop.start(page, { pollIntervalMs: 1_000 })
    await page.waitForFunction(() => flags.status().transport === 'poll', null, { timeout: 20_000 })
    await shop.turn(true)
    await turnsOn(page)
  })

  test('asks for somebody else at once, and says which flags answer differently', async () => {
    await shop.server.ask('POST', 'flags', { body: { key: 'other', clientVisible: true } })
    await roll(50_000)
    const page = await shop.open()
    await shop.start(page, { context: { targetingKey: 'user-1' } })
    await live(page)

    const answers = await page.evaluate(() => {
      const found: [string, boolean, number][] = []
      for (let i = 0; i < 20; i += 1) {
        const told = heard.length
        flags.identify({ targetingKey: `user-${i}` })
        found.push([
          String(flags.context.targetingKey),
          flags.isEnabled('new-checkout'),
          heard.length - told,
        ])
      }
      return found
    })

    expect(new Set(answers.map(([, answer]) => answer))).toEqual(new Set([true, false]))
    const isToldRightly = answers
      .slice(1)
      .map(([, answer, told], i) => told === (answer === answers[i]![1] ? 0 : 1))
    expect(new Set(isToldRightly)).toEqual(new Set([true]))
    expect(await page.evaluate(() => [...new Set(heard.slice(1).flat())])).toEqual(['new-checkout'])
  })

  test('has an id of its own that it keeps', async () => {
    const page = await shop.open()
    const idOf = async () => {
      await shop.start(page)
      return page.evaluate(() => flags.context.targetingKey)
    }
    const first = await idOf()
    expect(first).toMatch(/^anonymous-/)
    await page.reload()
    expect(await idOf()).toBe(first)

    const other = await (await browser.newContext()).newPage()
    await other.goto(shop.site.url)
    await shop.start(other)
    expect(await other.evaluate(() => flags.context.targetingKey)).not.toBe(first)
    await other.context().close()
  })

  test('has the id that its app keeps, or none', async () => {
    const page = await shop.open()
    for (const id of ['visitor-7', undefined]) {
      await page.evaluate(
        ([options, given]) => {
          globalThis.flags = sdk.createFlags({ ...options, anonymousId: () => given })
          flags.identify({ plan: 'pro' })
        },
        [{ url: shop.server.url, key: shop.key }, id] as const,
      )
      expect(await page.evaluate(() => flags.context)).toEqual({ targetingKey: id, plan: 'pro' })
      expect(await page.evaluate(() => localStorage.getItem('flaghoist:id'))).toBeNull()
      await page.evaluate(() => flags.close())
    }
  })

  test('tells what it has counted when it is left', async () => {
    const page = await openTreated()
    await page.evaluate(() => {
      flags.isEnabled('new-checkout')
      flags.track('left')
      flags.error(new Error('broken'))
    })
    await page.goto('about:blank')

    await expect
      .poll(() => shop.sums('exposures'), SOON)
      .toMatchObject([{ arm: 'treatment', units: 1 }])
    await expect.poll(metrics, SOON).toEqual(['alive', 'error', 'left'])
  })

  test.each([
    ['that is left is reported alive, also when it was hidden before', true],
    ['that is only hidden is not reported alive', false],
  ] as const)('%s', async (_, isLeft) => {
    const page = await openTreated()
    await page.evaluate(() => {
      flags.isEnabled('new-checkout')
      flags.track('seen')
    })
    await setHidden(page, true)
    if (isLeft) await page.goto('about:blank')

    await expect.poll(metrics, SOON).toEqual(isLeft ? ['alive', 'seen'] : ['seen'])
  })

  test('that the back button brings back is reported alive once; hiding it later reports no other unit alive', async () => {
    const page = await openTreated({ context: { targetingKey: 'ada' } })
    await page.evaluate(() => {
      flags.isEnabled('new-checkout')
      dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    })
    await setHidden(page, true)
    await setHidden(page, false)
    await page.evaluate(() => {
      flags.identify({ targetingKey: 'bob' })
      flags.isEnabled('new-checkout')
      flags.track('seen')
    })
    await setHidden(page, true)

    await expect
      .poll(() => shop.sums('outcomes'), SOON)
      .toMatchObject([
        { metric: 'alive', units: 1 },
        { metric: 'seen', units: 1 },
      ])
  })

  test('tells all that a browser sends when it is left, whatever alphabet it is in', async () => {
    const page = await shop.open()
    await shop.start(page)
    await live(page)
    await page.evaluate(() => {
      for (let i = 0; i < 100; i += 1)
        flags.isEnabled('new-checkout', { instance: `${i} ${'店'.repeat(300)}` })
    })
    await page.goto('about:blank')

    // A browser takes 64 KiB; an instance is nearly 1 KiB.
    await expect
      .poll(async () => Number((await shop.sums('exposures'))[0]?.count), SOON)
      .toBeGreaterThan(20)
  })

  test('attributes to one user what becomes known of them, and to another nothing', async () => {
    const page = await openTreated({ context: { targetingKey: 'ada' } })
    await page.evaluate(() => {
      flags.isEnabled('new-checkout')
      flags.identify({ targetingKey: 'ada', plan: 'pro' })
      flags.track('still-ada')
      flags.identify({ targetingKey: 'bob' })
      flags.track('bob')
    })
    await page.goto('about:blank')

    await expect.poll(metrics, SOON).toEqual(['alive', 'still-ada'])
  })

  test('gzips what is worth it', async () => {
    const page = await shop.open()
    await shop.start(page)
    await live(page)
    const sent = page.waitForRequest((request) => 'content-encoding' in request.headers())
    await page.evaluate(() => {
      for (let i = 0; i < 30; i += 1) flags.isEnabled('new-checkout', { instance: `instance-${i}` })
      return flags.flush()
    })
    await sent
    await expect.poll(() => shop.sums('exposures'), SOON).toMatchObject([{ count: 30 }])
  })

  test('falls back to the old path, and leaves the new one alone when it goes on failing', async () => {
    const page = await openTreated({ circuit: { failures: 2 } })
    const tried = await page.evaluate(() => {
      let count = 0
      const broken = () => {
        count += 1
        throw new Error('broken')
      }
      for (let i = 0; i < 4; i += 1) flags.guard('new-checkout', broken, () => undefined)
      return count
    })

    expect(tried).toBe(2)
    await expect.poll(metrics, SOON).toEqual(['error', 'kept-off', 'latency'])
  })
})

test('a day of looking away and coming back leaks neither memory nor streams', async () => {
  const page = await openTreated()
  const session = await shop.context.newCDPSession(page)
  const usedBytes = async () => {
    await session.send('HeapProfiler.collectGarbage')
    return (await session.send('Runtime.getHeapUsage')).usedSize
  }
  const lookAway = async (times: number) => {
    for (let i = 0; i < times; i += 1) {
      await setHidden(page, true)
      await setHidden(page, false)
      await page.evaluate((n) => {
        flags.identify({ targetingKey: `user-${n % 10}` })
        for (let ask = 0; ask < 1_000; ask += 1) flags.isEnabled('new-checkout')
        flags.track('looked')
      }, i)
    }
    await live(page)
  }
  await lookAway(50)
  const before = await usedBytes()
  await lookAway(300)

  expect((await usedBytes()) - before).toBeLessThan(300_000)
  await expect.poll(shop.connected, SOON).toBe(1)
})

test('a worker has flags as well', async () => {
  const worker = `
    importScripts('/sdk.js')
    onmessage = async ({ data }) => {
      const flags = sdk.createFlags(data)
      await flags.ready()
      postMessage([flags.isEnabled('new-checkout'), flags.status().state])
    }`
  await using withWorker = await startSite(shop.server.url, { '/worker-script.js': worker })
  const page = await withWorker.open(shop.context)
  const answer = await page.evaluate(
    (options) =>
      new Promise((resolve) => {
        const made = new Worker('/worker-script.js')
        made.onmessage = ({ data }) => resolve(data)
        made.postMessage(options)
      }),
    { url: shop.server.url, key: shop.key },
  )
  expect(answer).toEqual([true, 'live'])
})

describe('an error', () => {
  const lastError = async (page: Page) => {
    await shop.start(page, { key: 'fh_client_wrong' })
    await page.waitForFunction(() => flags.status().lastError?.code.startsWith('KEY_'))
    return page.evaluate(() => flags.status().lastError)
  }

  test('explains itself in development', async () => {
    const page = await shop.context.newPage()
    await page.goto(`${shop.site.url}/explaining`)
    expect(await lastError(page)).toMatchObject({
      code: 'KEY_UNKNOWN',
      hint: expect.stringContaining('copied the whole key'),
    })
    const warned = page.waitForEvent('console', (message) => message.text().includes('kye'))
    await shop.start(page, { kye: 'x' } as never)
    expect((await warned).text()).toContain('Did you mean "key"?')
  })

  test('is a code with a link in production, and nothing throws', async () => {
    const page = await shop.open()
    expect(await lastError(page)).toEqual({
      code: 'KEY_REFUSED',
      message: 'KEY_REFUSED',
      hint: `${shop.server.url}/errors#KEY_REFUSED`,
    })
    expect(await (await fetch(`${shop.server.url}/errors`)).text()).toContain('KEY_REFUSED')
  })

  test.each([
    ['url', undefined],
    ['url', ' '],
    ['key', undefined],
    ['key', ''],
    ['key', 7],
  ])('never breaks a page whose build lacks a usable %s: %j', async (name, value) => {
    const asked = watchRequests(shop.context)
    const page = await shop.open()
    const warned = page.waitForEvent('console', (message) => message.text().includes('flaghoist'))
    await shop.start(page, { [name]: value })

    expect(await page.evaluate(() => flags.isEnabled('new-checkout', {}, true))).toBe(true)
    expect((await warned).text()).toContain('OPTION_INVALID')
    expect(await page.evaluate(() => flags.status())).toMatchObject({
      state: 'default',
      lastError: { code: 'OPTION_INVALID' },
    })
    expect(asked.urls.filter((one) => one.includes('/sdk/'))).toEqual([])
  })
})
