import type { Page } from '../../test-support/chromium.ts'

/** The requests and bytes that a screen adds when people open it from the rail. */
export interface ScreenLoad {
  readonly path: string
  /** Requests to the API, without the event stream of the tab. */
  readonly requests: readonly string[]
  /** Bytes of scripts and styles as sent, gzip, without headers. */
  readonly bytes: number
}

/** Time in which a screen has sent its requests, ms. */
const SETTLE_MS = 700
const FLAG = '/flags/flag-0'
const INSTANCE = '/instances/customer-0'
/** Data of a screen, in contrast to the session and the event stream. */
const DATA = /\/api\/v1\/projects\/.*(?<!\/activity)(\?|$)/

/** Opens every screen of the rail, a flag and an instance in turn, on a page that is empty yet. */
export async function visitScreens(page: Page): Promise<readonly ScreenLoad[]> {
  const load = await watchLoads(page)
  const loads = [await load('first load', () => page.goto('/'))]
  const links = await page
    .locator('nav a')
    .evaluateAll((all) => all.map((one) => one.getAttribute('href')!))
  for (const link of links.filter((path) => path !== '/')) {
    loads.push(await load(link, () => page.locator(`nav a[href="${link}"]`).click()))
    if (link === '/flags' || link === '/instances') {
      const entity = link === '/flags' ? FLAG : INSTANCE
      loads.push(await load(entity, () => page.locator(`a[href="${entity}"]`).click()))
    }
  }
  return loads
}

/**
 * Returns a function that opens a screen, and counts its loads. Code that the page loads once it
 * has the data of the first screen is for the next screen, and counts there.
 */
async function watchLoads(page: Page) {
  let requests: string[] = []
  let bytes = { own: 0, next: 0 }
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  await client.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  const assets = new Map<string, keyof typeof bytes>()
  const data = new Set<string>()
  let isFirst = true
  let hasData = false
  client.on('Network.requestWillBeSent', ({ requestId, request: { url } }) => {
    if (url.includes('/assets/')) assets.set(requestId, isFirst && hasData ? 'next' : 'own')
    else if (DATA.test(url)) data.add(requestId)
  })
  client.on('Network.loadingFinished', ({ requestId }) => {
    if (data.has(requestId)) hasData = true
  })
  client.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const screen = assets.get(requestId)
    if (screen) bytes[screen] += encodedDataLength
  })
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/') && request.resourceType() !== 'eventsource')
      requests.push(`${request.method()} ${pathname}`)
  })
  return async (path: string, open: () => Promise<unknown>): Promise<ScreenLoad> => {
    requests = []
    bytes = { own: bytes.next, next: 0 }
    await open()
    await page.locator('h1').first().waitFor()
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(SETTLE_MS)
    isFirst = false
    return { path, requests, bytes: bytes.own }
  }
}
