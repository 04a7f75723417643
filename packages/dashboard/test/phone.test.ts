import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson } from './people.ts'
import { startFullServer } from './sample-server.ts'
import { PARTS, SCREENS } from './screens.ts'
import { faultsOfSize, PHONE } from './size-faults.ts'

let browser: Browser
let server: TestServer
beforeAll(async () => {
  browser = await launchChromium()
  server = await startFullServer()
})
afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
})

test('no screen is larger than a phone, except for what scrolls in it', {
  timeout: 240_000,
}, async () => {
  const page = await newPerson(browser, server, {
    viewport: PHONE,
    hasTouch: true,
    isMobile: true,
  })
  const faults: string[] = []
  for (const [path] of [...SCREENS, ...PARTS]) {
    await page.goto(path)
    // A phone shows no columns, so not every text of a wide screen.
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    faults.push(...(await faultsOfSize(page, 'main')).map((fault) => `${path}: ${fault}`))
  }
  expect(faults).toEqual([])
})
