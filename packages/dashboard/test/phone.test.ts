import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { PANELS } from '../demo/panels.ts'
import { areaOf, faultsOfPanels } from './each-panel.ts'
import { newPerson } from './people.ts'
import { startFullServer } from './sample-server.ts'
import { PARTS, SCREENS } from './screens.ts'

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

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

/** Returns how far the window and a part of it are larger than what shows them. */
async function faultsOfSize(page: Page, part: string): Promise<readonly string[]> {
  const excesses = await page
    .locator(part)
    .last()
    .evaluate((element) => {
      const { scrollWidth, scrollHeight } = document.documentElement
      const { left, top, right, bottom } = element.getBoundingClientRect()
      return {
        page: [scrollWidth - innerWidth, scrollHeight - innerHeight],
        content: [element.scrollWidth - element.clientWidth],
        edges: [-left, -top, right - innerWidth, bottom - innerHeight],
      }
    })
  return Object.entries(excesses)
    .filter(([, excess]) => excess.some((one) => one > 0))
    .map(([name, excess]) => `${name} ${excess}`)
}

describe('larger than a phone, except for what scrolls in it, is', () => {
  test('no screen', { timeout: 240_000 }, async () => {
    const page = await newPerson(browser, server, PHONE)
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

  test('no panel', { timeout: 240_000 }, async () => {
    const page = await newPerson(browser, server, PHONE)
    const panels = PANELS.filter(({ isWide }) => !isWide)
    expect(
      await faultsOfPanels(page, panels, (panel) => faultsOfSize(page, areaOf(panel))),
    ).toEqual([])
  })
})
