import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { faultsOf } from './faults.ts'
import { LOW, newPerson, newVisitor } from './people.ts'
import { startSampleServer } from './sample-server.ts'
import { PARTS, SCREENS } from './screens.ts'

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

test('a button keeps its colour under the pointer, so that its text stays readable', async () => {
  const page = await newPerson(browser, server, { viewport: LOW })
  await page.goto('/keys')
  for (const name of ['Create a key', 'Kill', 'Revoke Ada']) {
    const button = page.getByRole('button', { name }).first()
    const colour = () => button.evaluate((one) => getComputedStyle(one).backgroundColor)
    await button.waitFor()
    const before = await colour()
    await button.hover()
    expect(await colour()).toBe(before)
  }
})

describe('axe finds no fault in any theme', () => {
  test('on the sign-in', async () => {
    const page = await newVisitor(browser, server)
    await page.goto('/')
    await page.getByLabel('Admin key').waitFor()
    expect(await faultsOf(page)).toEqual([])
  })

  test('on any screen', { timeout: 240_000 }, async () => {
    const page = await newPerson(browser, server, { viewport: LOW })
    const faults: string[] = []
    for (const [path, text, part] of [...SCREENS, ...PARTS]) {
      await page.goto(path)
      await page.getByText(text).first().waitFor()
      faults.push(...(await faultsOf(page, part)).map((fault) => `${path}: ${fault}`))
    }
    expect(faults).toEqual([])
  })
})
