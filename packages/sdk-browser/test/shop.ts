import type { Browser, BrowserContext, Page } from 'playwright-core'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import type { BrowserOptions } from '../src/index.ts'
import { startFlags } from './pages.ts'
import { type Site, startSite } from './site.ts'

/** A server whose flag `new-checkout` is on, and pages of a site in an empty profile. */
export interface Shop extends AsyncDisposable {
  readonly server: TestServer
  readonly site: Site
  readonly context: BrowserContext
  /** Client key of production. */
  readonly key: string
  /** Opens a page. */
  open(): Promise<Page>
  /** Makes flags on a page, as `flags`. */
  start(page: Page, options?: Partial<BrowserOptions>): Promise<void>
  /** Turns the flag on or off. */
  turn(on: boolean, more?: object): Promise<unknown>
  /** Returns the number of streams that the server has open. */
  connected(): Promise<number>
  /** Returns the counted exposures or outcomes. */
  sums(kind: 'exposures' | 'outcomes'): Promise<Record<string, unknown>[]>
}

export async function openShop(browser: Browser): Promise<Shop> {
  const server = await startTestServer()
  const site = await startSite(server.url)
  const context = await browser.newContext()
  const turn = (on: boolean, more: object = {}) =>
    server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on, ...more } })
  await server.ask('POST', 'flags', { body: { key: 'new-checkout', clientVisible: true } })
  await turn(true)
  const key = await server.makeKey('client', 'production')

  return {
    server,
    site,
    context,
    key,
    open: () => site.open(context),
    start: (page, options = {}) => startFlags(page, { url: server.url, key, ...options }),
    turn,
    async connected() {
      return (await server.ask<{ connected: number }>('GET', 'propagation')).body.connected
    },
    async sums(kind) {
      const path = `${kind}?interval=total`
      return (await server.ask<{ items: Record<string, unknown>[] }>('GET', path)).body.items
    },
    async [Symbol.asyncDispose]() {
      await context.close()
      await server[Symbol.asyncDispose]()
      await site[Symbol.asyncDispose]()
    },
  }
}
