import type { Ruleset } from '@flaghoist/browser'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Browser, Page } from 'playwright-core'
import { build, type Rollup } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type {} from './page/main.ts'

let browser: Browser
let script: string

beforeAll(async () => {
  browser = await launchChromium()
  script = await bundle()
}, 120_000)
afterAll(() => browser.close())

/** The page as one script. */
async function bundle(): Promise<string> {
  const built = (await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@flaghoist/source', 'production', 'browser', 'svelte', 'module'] },
    plugins: [svelte()],
    build: {
      write: false,
      lib: { entry: 'page/main.ts', formats: ['iife'], name: 'shop' },
    },
  })) as Rollup.RollupOutput[]
  const [output] = [built].flat()
  return (output!.output[0] as Rollup.OutputChunk).code
}

const on = {
  type: 'boolean',
  variants: { on: true, off: false },
  on: true,
  off: 'off',
  fallthrough: { variant: 'on' },
  revision: 1,
} as const
const off = { ...on, fallthrough: { variant: 'off' } } as const

/** The values that a server has evaluated for one user: `beta` for bob alone. */
const decidedFor = (user: string): Ruleset => ({
  spec: 1,
  project: 'shop',
  scope: 'production',
  epoch: 'snapshot',
  version: 0,
  flags: { beta: user === 'bob' ? on : off, one: on, two: on },
  segments: {},
})

const warnings: string[] = []

/** A page that shows flags to bob, in a browser that reaches no server. */
async function open(broken = ''): Promise<Page> {
  const page = await browser.newPage()
  page.on('console', (message) => void warnings.push(message.text()))
  await page.addScriptTag({ content: script })
  await page.evaluate<void, [Ruleset, string]>(
    ([bootstrap, key]) => show({ context: { targetingKey: 'bob' }, bootstrap, flag: 'one' }, key),
    [decidedFor('bob'), broken],
  )
  return page
}
const shown = async (page: Page, id: string) =>
  (await page.locator(`#${id}`).textContent())!.replace(/\s+/g, ' ').trim()
const log = (page: Page) => page.evaluate(() => [...globalThis.page.log])

test('another user gets what their server has decided, and nothing runs for who has gone', async () => {
  const page = await open()
  expect(await shown(page, 'feature')).toBe('beta')
  await page.evaluate<void, Ruleset>(
    (bootstrap) => change({ context: { targetingKey: 'ada' }, bootstrap }),
    decidedFor('ada'),
  )

  expect(await shown(page, 'feature')).toBe('stable')
  expect(await log(page)).toEqual(['beta for bob'])
  await page.close()
})

test('whom the app has identified stays when a page brings other answers for the same user', async () => {
  const page = await open()
  await page.evaluate(() => made.identify({ targetingKey: 'bob', plan: 'gold' }))
  await page.evaluate<void, Ruleset>((bootstrap) => change({ bootstrap }), decidedFor('ada'))

  expect(await page.evaluate(() => made.context)).toEqual({ targetingKey: 'bob', plan: 'gold' })
  expect(await shown(page, 'feature')).toBe('stable')
  await page.close()
})

test('who logs out is somebody else', async () => {
  const page = await open()
  await page.evaluate<void, Ruleset>(
    (bootstrap) => change({ context: undefined, bootstrap }),
    decidedFor('nobody'),
  )
  expect(await shown(page, 'feature')).toBe('stable')
  await page.close()
})

/** The targeting keys of a visitor, before and after a reload, and the cookies that are left. */
async function visit(url: string, visitorCookie: string | false) {
  const page = await (await browser.newContext()).newPage()
  await page.route('**/*', (route) =>
    route.fulfill({
      contentType: 'text/html',
      ...(url.includes('sandbox') && {
        headers: { 'content-security-policy': 'sandbox allow-scripts' },
      }),
    }),
  )
  const keys = []
  for (let i = 0; i < 2; i += 1) {
    await page.goto(url)
    await page.addScriptTag({ content: script })
    const key = await page.evaluate((cookie) => {
      show({ context: undefined, bootstrap: null, visitorCookie: cookie, flag: 'one' }, '')
      return made.context.targetingKey
    }, visitorCookie)
    keys.push(key)
  }
  const cookies = await page.context().cookies()
  const stored = await page.evaluate(() => {
    try {
      return Object.keys(localStorage)
    } catch {
      return []
    }
  })
  await page.context().close()
  return { keys, cookies, stored }
}

test('a visitor has an id in a cookie that servers read and scripts keep', async () => {
  for (const [url, secure] of [
    ['http://shop.test/', false],
    ['https://shop.test/', true],
  ] as const) {
    const { keys, cookies } = await visit(url, 'visitor')

    expect(keys).toEqual([expect.stringMatching(/^anonymous-/), keys[0]])
    expect(cookies).toMatchObject([
      { name: 'visitor', value: keys[0], path: '/', sameSite: 'Lax', httpOnly: false, secure },
    ])
    expect(cookies[0]!.expires).toBeGreaterThan(Date.now() / 1_000 + 300 * 24 * 3600)
  }
})

test('a visitor has an id as well where storage and cookies are refused', async () => {
  const { keys, cookies } = await visit('http://shop.test/sandbox', 'visitor')

  expect(keys).toEqual([expect.stringMatching(/^anonymous-/), expect.stringMatching(/^anonymous-/)])
  expect(cookies).toEqual([])
})

test('a visitor who may not be remembered has no id, and none is stored', async () => {
  const { keys, cookies, stored } = await visit('http://shop.test/', false)

  expect([keys, cookies, stored]).toEqual([[undefined, undefined], [], []])
})

test('what failed is one flag: another one in its place is tried', async () => {
  const page = await open('one')
  expect([await shown(page, 'boundary'), await log(page)]).toEqual([
    'old',
    ['beta for bob', 'failed one'],
  ])
  await page.evaluate(() => change({ flag: 'two' }))
  expect(await shown(page, 'boundary')).toBe('new')
  await page.evaluate(() => change({ flag: 'one' }))
  const ofOne = warnings.filter((text) => text.includes('fail("one")'))
  expect(ofOne).toEqual([expect.stringMatching(/: Error: broken\n +at /)])
  expect(await shown(page, 'boundary')).toBe('old')

  expect(await log(page)).toEqual(['beta for bob', 'failed one', 'failed one'])
  await page.close()
})

test('an error of the old path is a failure of the flag too, and goes on to the next boundary', async () => {
  const page = await open('old none')
  const before = warnings.length
  await page.evaluate(() => change({ flag: 'none' }))

  expect(await shown(page, 'boundary')).toBe('neither')
  expect(await log(page)).toEqual([
    'beta for bob',
    'failed none',
    'passed on: Error: old is broken',
  ])
  expect(warnings.slice(before).join()).not.toContain('fail("none")')
  await page.close()
})
