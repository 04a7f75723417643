import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { openStreamClient } from '../../server/test/stream-client.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'

/** Opens a screen by its URL, and returns the paths that it requests from the API. */
async function requestsOf(page: Page, path: string): Promise<readonly string[]> {
  const requests: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/')) requests.push(pathname.replace(/^\/api\/v1\//, ''))
  })
  await page.goto(path)
  await page.locator('h1').first().waitFor()
  await page.getByText(/^\s*live/).waitFor()
  await page.waitForLoadState('networkidle')
  page.removeAllListeners('request')
  return requests
}

/** A shop with the segment staff, and the rollout r1, which has ended: no counts renew its page. */
async function givenEndedRollout(): Promise<TestServer> {
  const server = await givenShop()
  await server.ask('POST', 'segments', { body: { key: 'staff', include: ['ada'] } })
  const start = { key: 'r1', flag: 'new-checkout', environment: 'production' }
  await server.ask('POST', 'rollouts', { body: start })
  await server.ask('POST', 'rollouts/r1/abort?reason=Test', { body: { leave: true } })
  return server
}

test.for([
  ['/', 'attention'],
  ['/flags', 'matrix'],
  ['/flags/new-checkout', 'flags/new-checkout/overview'],
  ['/flags/new-checkout?scope=production/acme', 'flags/new-checkout/overview'],
  ['/rollouts', 'rollouts'],
  ['/rollouts/r1', 'rollouts/r1/overview'],
  ['/rollouts/r1?scope=production/globex', 'rollouts/r1/overview'],
  ['/start-rollout?flag=new-checkout', 'flags/new-checkout/rollout-options'],
  ['/report', 'report'],
  ['/instances', 'instance-usage'],
  ['/instances/acme', 'matrix'],
  ['/drift', 'drift'],
  ['/log', 'changes'],
  ['/connections', 'propagation'],
  ['/segments', 'segment-usage'],
  ['/segments/staff', 'segments/staff/overview'],
  ['/plans', 'plan-usage'],
  ['/plans/standard', 'plans/standard/overview'],
  ['/rollout-metrics', 'metric-usage'],
  ['/stale', 'stale-flags'],
  ['/freezes', 'freezes'],
  ['/notifications', 'subscriptions'],
  ['/keys', 'keys'],
  ['/start', 'matrix'],
])('%s needs one request beside the session and the stream', async ([path, data]) => {
  const server = await givenEndedRollout()
  const page = await newPerson(server)
  const project = 'projects/default'
  const requests = await requestsOf(page, path!)
  expect(requests.toSorted()).toEqual(
    ['session', `${project}/activity`, `${project}/${data}`].toSorted(),
  )
})

test.for([
  ['exposure', 'flags/new-checkout/exposures'],
  ['usage', 'flags/new-checkout/usage'],
])('the tab %s of a flag needs one request beside that of the flag', async ([tab, data]) => {
  const server = await givenShop()
  const page = await newPerson(server)
  const requests = await requestsOf(page, `/flags/new-checkout?tab=${tab}`)
  const own = requests.filter((path) => path.startsWith('projects/default/flags'))
  expect(own.toSorted()).toEqual(
    [`projects/default/${data}`, 'projects/default/flags/new-checkout/overview'].toSorted(),
  )
  expect(requests).toHaveLength(4)
})

test('the start of a rollout without a flag needs its lists of flags and of plans', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  const lists = ['matrix', 'plan-usage'].map((list) => `projects/default/${list}`)
  expect((await requestsOf(page, '/start-rollout')).toSorted()).toEqual(
    ['session', 'projects/default/activity', ...lists].toSorted(),
  )
})

/** Opens a screen whose event stream begins once the returned function is called. */
async function openWithoutStream(page: Page, path: string): Promise<() => void> {
  const allowed = Promise.withResolvers<void>()
  await page.route('**/activity*', async (route) => {
    await allowed.promise
    return route.continue()
  })
  await page.goto(path)
  return () => allowed.resolve()
}

describe.for([
  ['/instances', 'instance-usage', '2 instances; 0 need attention, 2 without', '1 without'],
  ['/connections', 'propagation', 'No program is connected', 'of 1 program'],
] as const)('%s, whose data arrive before the first count of SDKs', ([path, data, none, one]) => {
  test('asks no second time for a count that the data have', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    let requests = 0
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.endsWith(`/projects/default/${data}`)) requests += 1
    })
    const beginStream = await openWithoutStream(page, path)
    await page.getByText(none).waitFor()
    beginStream()
    await page.getByText('live · 0 SDKs').waitFor()
    await page.waitForLoadState('networkidle')
    expect(requests).toBe(1)
  })

  test('shows an SDK that has connected in between', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    const beginStream = await openWithoutStream(page, path)
    await page.getByText(none).waitFor()
    const key = await server.makeKey('server', 'production/acme')
    const sdk = await openStreamClient(server.url, key)
    onTestFinished(() => sdk.close())
    await sdk.until('a ruleset', () => sdk.ruleset !== undefined)
    beginStream()
    await page.getByText('live · 1 SDK').waitFor()
    await page.getByText(one).waitFor()
  })
})
