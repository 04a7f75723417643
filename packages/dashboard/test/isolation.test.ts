import type { Page, Request } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { ADMIN_KEY, startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { APP_ROUTES, pathOf } from '../demo/app-routes.ts'
import { seed } from '../demo/seed.ts'
import { INSTANCES } from '../src/sample/customers.ts'
import { newPerson } from './people.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await seed({ url: server.url, key: ADMIN_KEY, project: 'default' })
  const parameters = { instances: 'globex' }
  await server.ask('POST', 'views', {
    body: { key: 'others', query: 'instance:hooli', parameters },
  })
  return () => server[Symbol.asyncDispose]()
})

const PARAMETERS: Readonly<Record<string, string>> = {
  flag: 'new-checkout',
  instance: 'acme',
  plan: 'pilot-europe-others',
  rollout: 'new-checkout',
  segment: 'staff',
  view: 'others',
}

/** Every path of the app, from the list of its routes. */
const PATHS = APP_ROUTES.map((route) => pathOf(route, PARAMETERS))

/** Views of the same screens that load more. */
const VIEWS = [
  ...['rollout', 'usage', 'history'].map((tab) => `/flags/new-checkout?tab=${tab}`),
  '/flags?cell=new-checkout@production/acme',
  '/flags?cell=new-checkout@production',
  '/try?compare=1&scope2=dev',
  '/rollouts/delivery-slots',
]

/** Keys and names of all instances but acme. */
const OTHERS = new RegExp(
  INSTANCES.filter(({ key }) => key !== 'acme')
    .flatMap(({ key, name }) => [key, name])
    .join('|'),
  'gi',
)

/** Counts the requests that a page waits for, without its event stream. */
function countPending(page: Page): () => number {
  const pending = new Set<Request>()
  page.on('request', (request) => {
    if (!request.url().includes('/activity')) pending.add(request)
  })
  page.on('requestfinished', (request) => pending.delete(request))
  page.on('requestfailed', (request) => pending.delete(request))
  return () => pending.size
}

test('a key of one instance sees no other on any screen', { timeout: 120_000 }, async () => {
  const key = await server.makeKey('admin', 'production/acme')
  const page = await newPerson(server, { key })
  const pending = countPending(page)
  const leaks: string[] = []
  const note = (place: string, text: string) => {
    for (const name of new Set(text.match(OTHERS))) leaks.push(`${place}: ${name}`)
  }
  const reads: Promise<void>[] = []
  page.on('response', (response) => {
    const { pathname, search } = new URL(response.url())
    if (!pathname.startsWith('/api/') || pathname.endsWith('/activity')) return
    // A request that the page has cancelled has no body.
    const body = response.text().catch(() => '')
    reads.push(body.then((text) => note(`${pathname}${search}`, text)))
  })
  expect(PATHS.length).toBeGreaterThan(15)
  for (const path of [...PATHS, ...VIEWS]) {
    await page.goto(path)
    await page
      .locator('main h1, main [role=alert]')
      .first()
      .waitFor()
      .catch(() => leaks.push(`${path} did not load`))
    await expect.poll(pending, { timeout: 10_000 }).toBe(0)
    await Promise.all(reads.splice(0))
    note(`page ${path}`, await page.content())
  }
  expect(leaks).toEqual([])
})
