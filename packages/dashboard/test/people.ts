import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { ADMIN_KEY } from '../../server/test/http-server.ts'
import { WIDE } from './windows.ts'

interface PersonOptions extends BrowserContextOptions {
  readonly key?: string
  readonly name?: string
}

/** The Chromium of a test file that imports this one: it starts before the tests. */
let chromium: Browser
beforeAll(async () => {
  chromium = await launchChromium()
})
afterAll(() => chromium.close())

/** The address of a server. */
interface Place {
  readonly url: string
}

/**
 * A browser of its own with the dashboard of a server. The test fails if a page throws, breaks its
 * Content Security Policy or asks another host.
 */
export async function newVisitor(
  server: Place,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await chromium.newContext({
    baseURL: server.url,
    viewport: WIDE,
    reducedMotion: 'reduce',
    ...options,
  })
  // Names the step that hangs, before the test ends.
  context.setDefaultTimeout(12_000)
  const faults = watchFaults(context, server)
  onTestFinished(async () => {
    // A poll of the page may be on its way through a route of the test.
    for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
    expect(faults).toEqual([])
  })
  return context.newPage()
}

/** A part of the app that did not load: the server is away, and the page says so to people. */
const LOADING = /Unable to preload CSS|Failed to fetch dynamically imported module/

/** Returns the list of the faults of all pages, which grows. */
function watchFaults(context: BrowserContext, server: Place): readonly string[] {
  const faults: string[] = []
  const { origin } = new URL(server.url)
  context.on('weberror', (thrown) => {
    const { message, stack = message } = thrown.error()
    if (!LOADING.test(message)) faults.push(stack)
  })
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== origin) faults.push(url.href)
  })
  context.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text())
  })
  return faults
}

/** A browser of its own, in which a person has signed in. */
export async function newPerson(
  server: Place,
  { key = ADMIN_KEY, name = 'Ada', ...options }: PersonOptions = {},
): Promise<Page> {
  const page = await newVisitor(server, options)
  await signIn(page.context(), { key, name })
  return page
}

async function signIn(
  context: BrowserContext,
  { key, name }: { readonly key: string; readonly name: string },
): Promise<void> {
  const answer = await context.request.post('/api/v1/session', { data: { key, person: name } })
  if (!answer.ok()) throw new Error(await answer.text())
}

/** Moves to the first cell of the grid of the screen, by keys alone. */
export async function focusGrid(page: Page): Promise<void> {
  const grid = page.getByRole('grid')
  await grid.waitFor()
  while (!(await grid.evaluate((element) => element === document.activeElement)))
    await page.keyboard.press('Tab')
}

/** Sends the form of the dialog on screen with a reason, and waits until it is closed. */
export async function saveWith(page: Page, reason: string): Promise<void> {
  await page.getByLabel('Reason, for the change log').fill(reason)
  await page.keyboard.press('Control+Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
