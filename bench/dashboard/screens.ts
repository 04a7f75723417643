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
/** Shown once the first screen has its data. The page then loads code for later screens. */
const FIRST_SCREEN = '[aria-label="Situations"]'

/** Opens every screen of the rail, a flag and an instance in turn, on a page that is empty yet. */
export async function visitScreens(page: Page): Promise<readonly ScreenLoad[]> {
  const load = await watchLoads(page)
  const loads = [await load('first load', () => page.goto('/'), FIRST_SCREEN)]
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

/** Returns a function that opens a screen, and counts what it loads. */
async function watchLoads(page: Page) {
  let requests: string[] = []
  let bytes = 0
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  await client.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  const assets = new Set<string>()
  client.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.url.includes('/assets/')) assets.add(requestId)
  })
  client.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (assets.has(requestId)) bytes += encodedDataLength
  })
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/') && request.resourceType() !== 'eventsource')
      requests.push(`${request.method()} ${pathname}`)
  })
  /** @param last element whose bytes are the last ones of this screen; later ones are the next's */
  return async (path: string, open: () => Promise<unknown>, last?: string): Promise<ScreenLoad> => {
    requests = []
    const takeBytes = () => {
      const taken = bytes
      bytes = 0
      return taken
    }
    await open()
    await page
      .locator(last ?? 'h1')
      .first()
      .waitFor()
    const early = last === undefined ? 0 : takeBytes()
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(SETTLE_MS)
    return { path, requests, bytes: last === undefined ? takeBytes() : early }
  }
}
