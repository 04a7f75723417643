import type { BrowserContext, Page } from 'playwright-core'
import type { BrowserOptions } from '../src/index.ts'
import type {} from './site.ts'

/** Makes flags on a page, as `flags`. */
export const startFlags = (page: Page, options: BrowserOptions): Promise<void> =>
  page.evaluate<void, object>((given) => {
    globalThis.heard = []
    globalThis.flags = sdk.createFlags(given as BrowserOptions)
    flags.on('change', (event) => heard.push([...event.flags]))
  }, options)

export const live = (page: Page) => page.waitForFunction(() => flags.status().state === 'live')
export const isOn = (page: Page) => page.evaluate(() => flags.isEnabled('new-checkout'))
export const turnsOn = (page: Page) => page.waitForFunction(() => flags.isEnabled('new-checkout'))

/** URLs that pages ask. */
export function watchRequests(context: BrowserContext) {
  const urls: string[] = []
  context.on('request', (request) => {
    if (request.method() === 'GET') urls.push(request.url())
  })
  return { urls, streams: () => urls.filter((url) => url.includes('/sdk/v1/stream')).length }
}

/** Hides a page, or shows it, as another tab would. */
export const setHidden = (page: Page, isHidden: boolean) =>
  page.evaluate((hides) => {
    const value = hides ? 'hidden' : 'visible'
    Object.defineProperty(document, 'visibilityState', { value, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
