import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { type Site, startSite } from './site.ts'

const INSTANCES = Array.from({ length: 10 }, (_, i) => `i${i}`)

let browser: Browser
/** Servers with rulesets of some 300, 600,000 and 1,020,000 characters. */
let small: TestServer
let large: TestServer
let huge: TestServer
let site: Site
let context: BrowserContext
let page: Page

beforeAll(async () => {
  browser = await launchChromium()
  ;[small, large, huge] = await Promise.all([
    startWithTexts(0),
    startWithTexts(10),
    startWithTexts(17),
  ])
  site = await startSite(`${small.url} ${large.url} ${huge.url}`)
})
afterAll(async () => {
  await browser.close()
  for (const one of [small, large, huge, site]) await one[Symbol.asyncDispose]()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await site.open(context)
})
afterEach(() => context.close())

/** Starts a server whose rulesets hold texts of 60,000 characters. */
async function startWithTexts(texts: number): Promise<TestServer> {
  const server = await startTestServer()
  await server.ask('POST', 'flags', { body: { key: 'new-checkout', clientVisible: true } })
  for (const key of INSTANCES) await server.ask('POST', 'instances', { body: { key } })
  for (let i = 0; i < texts; i += 1) {
    const variants = [
      { key: 'short', value: '' },
      { key: 'long', value: 'x'.repeat(60_000) },
    ]
    const layers = { '*': { off: 'short' } }
    const body = { key: `text-${i}`, type: 'string', clientVisible: true, variants, layers }
    expect((await server.ask('POST', 'flags', { body })).status).toBe(201)
  }
  return server
}

/** Runs flags on the page until their ruleset is stored. */
async function use(server: TestServer, instance: string): Promise<void> {
  const key = await server.makeKey('client', 'production')
  await page.evaluate(
    async (options) => {
      const flags = sdk.createFlags(options)
      await flags.ready()
      await flags.close()
    },
    { url: server.url, key, instance },
  )
}

/** The stored rulesets: name → characters. */
const stored = () =>
  page.evaluate(() =>
    Object.keys(localStorage)
      .filter((name) => name.includes('http'))
      .map((name) => [name.split(' ').at(-1)!, localStorage.getItem(name)!.length] as const),
  )
const namesOf = (rulesets: readonly (readonly [string, number])[]) =>
  rulesets.map(([name]) => name).sort()

describe('the rulesets of many instances', { timeout: 60_000 }, () => {
  test('leave room for the items of the app, and the latest stay', async () => {
    for (const instance of INSTANCES) await use(large, instance)

    const rulesets = await stored()
    expect(rulesets.reduce((sum, [, length]) => sum + length, 0)).toBeLessThanOrEqual(2_000_000)
    expect(namesOf(rulesets)).toEqual(['i7', 'i8', 'i9'])
    await page.evaluate(() => localStorage.setItem('app', 'x'.repeat(2_500_000)))
  })

  test('are eight at most: those used last', async () => {
    for (const instance of [...INSTANCES.slice(0, 8), 'i0', 'i8']) await use(small, instance)

    expect(namesOf(await stored())).toEqual(['i0', 'i2', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8'])
  })

  test('end thirty days after their last use', async () => {
    for (const instance of ['i0', 'i1']) await use(small, instance)
    await page.evaluate(() => {
      const uses = JSON.parse(localStorage.getItem('flaghoist:uses')!)
      const name = Object.keys(uses).find((one) => one.endsWith('i0'))!
      uses[name] -= 30 * 24 * 60 * 60 * 1_000
      localStorage.setItem('flaghoist:uses', JSON.stringify(uses))
    })

    await use(small, 'i2')

    expect(namesOf(await stored())).toEqual(['i1', 'i2'])
  })

  test.for(['[nonsense', 'null', '7'])(
    'stay if an earlier version recorded no uses, or another program wrote %s',
    async (uses) => {
      await use(small, 'i0')
      await page.evaluate((text) => localStorage.setItem('flaghoist:uses', text), uses)

      await use(small, 'i1')

      expect(namesOf(await stored())).toEqual(['i0', 'i1'])
    },
  )
})

test('a ruleset that is too large is not stored, and an older one does not stay', async () => {
  const key = await huge.makeKey('client', 'production')
  const warnings: string[] = []
  page.on('console', (message) => warnings.push(message.text()))
  const start = () =>
    page.evaluate(
      async (options) => {
        const flags = sdk.createFlags(options)
        const before = flags.status().state
        await flags.ready()
        await flags.close()
        const [name] = Object.keys(localStorage).filter((one) => one.includes('http'))
        return { before, name: name!, text: localStorage.getItem(name!)! }
      },
      { url: huge.url, key, instance: 'i0' },
    )

  const { name, text } = await start()
  expect(text).toBe('')
  const older = {
    spec: 1,
    project: 'p',
    scope: 's',
    epoch: 'e',
    version: 1,
    flags: {},
    segments: {},
  }
  await page.evaluate(
    ([item, ruleset]) => localStorage.setItem(item!, ruleset!),
    [name, JSON.stringify(older)],
  )

  expect(await start()).toEqual({ before: 'cached', name, text: '' })
  expect(warnings.join()).toContain('cache-write')
})
