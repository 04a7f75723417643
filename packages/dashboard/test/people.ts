import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { ADMIN_KEY } from '../../server/test/http-server.ts'

interface PersonOptions extends BrowserContextOptions {
  readonly key?: string
  readonly name?: string
}

/** The address of a server. */
interface Place {
  readonly url: string
}

/** A browser of its own with the dashboard of a server. */
export async function newVisitor(
  browser: Browser,
  server: Place,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: 1440, height: 860 },
    reducedMotion: 'reduce',
    ...options,
  })
  // Names the step that hangs, before the test ends.
  context.setDefaultTimeout(12_000)
  onTestFinished(() => context.close())
  return context.newPage()
}

/** A browser of its own, in which a person has signed in. */
export async function newPerson(
  browser: Browser,
  server: Place,
  { key = ADMIN_KEY, name = 'Ada', ...options }: PersonOptions = {},
): Promise<Page> {
  const page = await newVisitor(browser, server, options)
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
