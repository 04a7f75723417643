import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { isOn, live, turnsOn } from './pages.ts'
import { openShop } from './shop.ts'

test('a page receives its first ruleset compressed, and a change at once', {
  timeout: 60_000,
}, async () => {
  const browser = await launchChromium()
  const shop = await openShop(browser)
  for (let i = 0; i < 200; i += 1)
    await shop.server.ask('POST', 'flags', { body: { key: `flag-${i}`, clientVisible: true } })
  await shop.turn(false)
  const page = await shop.open()
  const received = await countStreamBytes(shop.context, page)

  await shop.start(page)
  await live(page)
  const { body } = await shop.server.ask('GET', '/sdk/v1/ruleset', { key: shop.key })
  const whole = JSON.stringify(body).length
  expect(whole).toBeGreaterThan(20_000)
  expect(received()).toBeLessThan(whole / 5)

  expect(await isOn(page)).toBe(false)
  const before = performance.now()
  await shop.turn(true)
  await turnsOn(page)
  expect(performance.now() - before).toBeLessThan(2_000)
  expect(received()).toBeLessThan(whole / 5 + 1_000)
  await shop[Symbol.asyncDispose]()
  await browser.close()
})

/** Counts the bytes of streams as they come over the network. */
async function countStreamBytes(context: BrowserContext, page: Page): Promise<() => number> {
  const devtools = await context.newCDPSession(page)
  const streams = new Set<string>()
  let bytes = 0
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.url.includes('/sdk/v1/stream')) streams.add(requestId)
  })
  devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (streams.has(requestId)) bytes += encodedDataLength
  })
  await devtools.send('Network.enable')
  return () => bytes
}
