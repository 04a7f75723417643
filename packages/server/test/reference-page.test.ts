import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'

describe('the API reference in a browser', () => {
  let server: TestServer
  let browser: Browser
  let page: Page
  const foreign: string[] = []

  beforeAll(async () => {
    server = await startShopServer()
    browser = await launchChromium()
    page = await browser.newPage()
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(server.url) && !/^(data|blob):/.test(url)) foreign.push(url)
    })
    await page.goto(`${server.url}/docs/`)
    await page.getByPlaceholder('Token').fill(ADMIN_KEY)
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  test('has its own title, and opens with the introduction', async () => {
    expect(await page.title()).toBe('Flaghoist API reference')
    await page.getByText('Flaghoist serves feature flags').waitFor()
  })

  test.for([
    ['flags', 'GET/api/v1/projects/{project}/flags', '/api/v1/projects/default/flags', 200],
    [
      'kill-switch',
      'POST/api/v1/projects/{project}/flags/{flag}/kill',
      '/api/v1/projects/default/flags/new-checkout/kill',
      200,
    ],
    [
      'layers',
      'PATCH/api/v1/projects/{project}/flags/{flag}/layers/{scope}',
      '/api/v1/projects/default/flags/new-checkout/layers/production%2Facme',
      200,
    ],
    ['health', 'GET/livez', '/livez', 200],
  ] as const)('sends a test request of %s on the first click', async ([tag, id, path, status]) => {
    const response = await sendTestRequest(`tag/${tag}/${id}`, path)

    expect(response.status()).toBe(status)
  })

  test('sends a request of an SDK with a key of its own', async () => {
    const key = await server.makeKey('client', 'production/acme')
    const id = 'tag/ofrep/POST/ofrep/v1/evaluate/flags'

    const response = await sendTestRequest(id, '/ofrep/v1/evaluate/flags', key)

    expect(response.status()).toBe(200)
    expect(await response.json()).toMatchObject({ metadata: { flagSetId: 'production/acme' } })
  })

  test('offers a curl and a JavaScript sample', async () => {
    const operation = await show('tag/flags/GET/api/v1/projects/{project}/flags')
    await operation.getByRole('button', { name: 'curl' }).click()

    const options = page.getByRole('option')
    await options.first().waitFor()
    expect(await options.allInnerTexts()).toEqual(['curl', 'JavaScript'])
  })

  test('requests nothing from another origin', () => {
    expect(foreign).toEqual([])
  })

  async function show(id: string) {
    await page.evaluate((hash) => {
      Object.assign(globalThis, { location: `#${hash}` })
    }, id)
    return page.locator(`[id="api-1/${id}"]`)
  }

  /** Opens the dialogue of an operation, enters its key if one is given, and sends the request. */
  async function sendTestRequest(id: string, path: string, key?: string) {
    const operation = await show(id)
    await operation.getByRole('button', { name: 'Test Request' }).click()
    const dialog = page.getByRole('dialog').last()
    if (key !== undefined) {
      await dialog.getByRole('button', { name: 'Authentication' }).click()
      await dialog.getByPlaceholder('Token').fill(key)
    }
    const response = page.waitForResponse((one) => new URL(one.url()).pathname === path)
    await dialog.getByRole('button', { name: /^Send/ }).first().click()
    const received = await response
    await dialog.getByRole('button', { name: 'Close Client' }).click()
    return received
  }
})
