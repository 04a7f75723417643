import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { Flags } from '../../sdk-node/src/index.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { RECENT } from './ages.ts'
import { connectSdk } from './connect-sdk.ts'
import { faultsOf } from './faults.ts'
import { focusGrid, newPerson } from './people.ts'
import { givenShop } from './shop.ts'

const LAYERS = 'flags/new-checkout/layers'

/** Connects an SDK of acme until the test ends, and lets it evaluate the flag. */
async function connectAcme(server: TestServer, times: number): Promise<Flags> {
  const flags = await connectSdk(server, 'production/acme')
  for (let i = 0; i < times; i += 1) flags.isEnabled('new-checkout')
  await flags.flush()
  return flags
}

const layerOf = (page: Page, scope: string) =>
  page
    .getByRole('dialog')
    .getByRole('listitem')
    .filter({ hasText: new RegExp(`^${scope} `) })

describe('the panel of a cell', () => {
  test('says why the cell is like this, and who says so, by keys alone', async () => {
    const server = await givenShop()
    await server.ask('PUT', `${LAYERS}/production?reason=Not+for+everyone+yet`, {
      body: { on: false },
    })
    await server.ask('PUT', `${LAYERS}/production/acme?reason=Acme+asked+for+it`, {
      body: { on: true, fallthrough: { variant: 'on' } },
    })
    await connectAcme(server, 7)
    const page = await newPerson(server)
    await page.goto('/flags/new-checkout')
    await focusGrid(page)
    // The instance acme, below the environment.
    for (const key of ['Home', 'ArrowDown', 'End', 'Space']) await page.keyboard.press(key)

    const panel = page.getByRole('dialog', { name: 'new-checkout in production/acme' })
    await panel.getByText('true', { exact: true }).waitFor()
    await layerOf(page, 'production')
      .getByText(new RegExp(`Set ${RECENT} by .*: Not for everyone`))
      .waitFor()
    await layerOf(page, 'production/acme')
      .getByText(new RegExp(`Set ${RECENT} by .*: Acme asked`))
      .waitFor()
    await panel.getByText('1 of 1 program serves these settings.').waitFor()
    await panel.getByText(/@flaghoist\/node\/.*/).waitFor()
    await panel.getByText('on 7', { exact: true }).waitFor()
    expect(await faultsOf(page, 'dialog')).toEqual([])
  })

  test('names a deletion and a kill, and says when nobody obeys', async () => {
    const server = await givenShop()
    await server.ask('PUT', `${LAYERS}/production`, { body: { on: true } })
    await server.ask('DELETE', `${LAYERS}/production/acme?reason=Same+as+the+others`)
    await server.ask('POST', 'flags/new-checkout/kill', {
      body: { scopes: ['production'], reason: 'Card payments fail' },
    })
    const page = await newPerson(server)
    await page.goto('/flags?cell=new-checkout@production/acme')

    const panel = page.getByRole('dialog')
    await layerOf(page, 'production/acme')
      .getByText(new RegExp(`Cleared ${RECENT} by .*: Same as the others`))
      .waitFor()
    await layerOf(page, 'production')
      .getByText(new RegExp(`Killed ${RECENT} by`))
      .waitFor()
    // The last change of the layer is the kill, which is named once.
    expect(
      await layerOf(page, 'production')
        .getByText(/Card payments/)
        .count(),
    ).toBe(1)
    await panel.getByText('No program of production/acme is connected.').waitFor()
    await panel.getByText('None.').waitFor()
  })

  test('shows the age of a kill in seconds, and lets it advance', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.clock.install()
    await server.ask('POST', 'flags/new-checkout/kill', {
      body: { scopes: ['production'], reason: 'Card payments fail' },
    })
    await page.goto('/flags?cell=new-checkout@production/acme')
    const killed = layerOf(page, 'production')
    await killed.getByText(new RegExp(`Killed ${RECENT} by`)).waitFor()
    await page.clock.fastForward(30_000)
    await killed.getByText(/Killed [3-5]0 sec\. ago by/).waitFor()
    await page.clock.fastForward(60_000)
    await killed.getByText(/Killed [12] min\. ago by/).waitFor()
  })

  test('follows its programs by one request, and explains the cell again only if it changes', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.clock.install()
    const requests: string[] = []
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url())
      if (pathname.includes('/flags/')) requests.push(pathname.split('/').at(-1)! + search)
    })
    await page.goto('/flags?cell=new-checkout@production/acme')
    await page.getByText('No program of production/acme is connected.').waitFor()
    expect(new Set(requests)).toEqual(
      new Set(['overview?scope=production%2Facme&cell=true', 'evaluate']),
    )

    await connectAcme(server, 3)
    await page.getByText('1 of 1 program serves these settings.').waitFor()
    await page.clock.fastForward(10_000)
    await page.getByText('on 3', { exact: true }).waitFor()
    expect(requests.filter((request) => request === 'evaluate')).toHaveLength(1)

    await server.ask('PUT', `${LAYERS}/production/acme`, { body: { on: false } })
    await page.getByRole('dialog').getByText('The flag is switched off.').waitFor()
    expect(requests.filter((request) => request === 'evaluate')).toHaveLength(2)
    await page.getByText('1 of 1 program serves these settings.').waitFor()
  })

  test('asks nothing when programs confirm changes of other flags', async () => {
    const server = await givenShop()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    await connectAcme(server, 1)
    const page = await newPerson(server)
    const openedAt = Date.now()
    await page.goto('/flags?cell=new-checkout@production/acme')
    await page.getByText('1 of 1 program serves these settings.').waitFor()
    await page.waitForLoadState('networkidle')
    let requests = 0
    page.on('request', (request) => {
      if (request.url().includes('/overview?')) requests += 1
    })
    for (const on of [true, false, true]) {
      await server.ask('PUT', 'flags/search/layers/production', { body: { on } })
      // The cell behind the panel shows that the change and its progress have arrived.
      await page
        .getByRole('gridcell', { name: `production: ${on ? 'on' : 'off'}, set here` })
        .waitFor({ state: 'attached' })
    }
    await page.waitForLoadState('networkidle')
    // The exposures are renewed every 10 s.
    expect(requests).toBeLessThanOrEqual(Math.floor((Date.now() - openedAt) / 10_000))
  })
})
