import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson, newVisitor } from './people.ts'
import { startSampleServer } from './sample-server.ts'
import { PARTS, SCREENS } from './screens.ts'
import { faultsOfTab } from './tab-walk.ts'

let browser: Browser
let server: TestServer
beforeAll(async () => {
  browser = await launchChromium()
  server = await startSampleServer()
})
afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
})

test('Tab reaches every control of a screen, and none traps it', { timeout: 240_000 }, async () => {
  const page = await newPerson(browser, server)
  const faults: string[] = []
  for (const [path, text, part] of [...SCREENS, ...PARTS]) {
    if (part === 'dialog') continue
    await page.goto(path)
    await page.getByText(text).first().waitFor()
    faults.push(...(await faultsOfTab(page)).map((fault) => `${path}: ${fault}`))
  }
  expect(faults).toEqual([])
})

test('the walk finds a control that Tab skips, and one that traps the focus', async () => {
  const page = await newVisitor(browser, server)
  await page.setContent('<button>A</button><button tabindex="-1">B</button><input>')
  expect(await faultsOfTab(page)).toEqual(['never has the focus: <button tabindex="-1">B</button>'])
  await page.setContent('<button>A</button><input>')
  await page.locator('input').evaluate((input) => {
    input.addEventListener('keydown', (event) => event.preventDefault())
  })
  expect(await faultsOfTab(page)).toEqual(['<input> traps the focus'])
})
