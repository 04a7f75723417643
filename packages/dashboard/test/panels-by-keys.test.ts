import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { PANELS, selectorOf } from '../demo/panels.ts'
import { faultsOfPanels, type OpenPanel } from './each-panel.ts'
import { faultsOf } from './faults.ts'
import { newPerson } from './people.ts'
import { startFullServer } from './sample-server.ts'
import { faultsOfTab } from './tab-walk.ts'

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

/** Leaves a dialog or menu by Escape. Returns the faults. */
async function faultsOfEscape(page: Page, { focused, ...panel }: OpenPanel) {
  const part = await page.locator(selectorOf(panel)).last().elementHandle()
  await page.keyboard.press('Escape')
  await part!.waitForElementState('hidden')
  const now = await page.evaluate(() => document.activeElement!.outerHTML.slice(0, 160))
  // A step may have closed the panel with the control that opened this one.
  for (const opener of focused.toReversed()) {
    const isThere = await opener.evaluate((element) => element!.isConnected)
    const hasFocus = await opener.evaluate((element) => element === document.activeElement)
    if (isThere) return hasFocus ? [] : [`the focus does not return, but is on ${now}`]
  }
  return now.startsWith('<body') ? ['the focus is lost'] : []
}

test('a keyboard alone opens, walks and closes every panel', { timeout: 240_000 }, async () => {
  const page = await newPerson(browser, server)
  const faults = await faultsOfPanels(page, PANELS, async (panel) => {
    const isModal = panel.kind === 'dialog'
    const part = selectorOf(panel)
    const found = [...(await faultsOfTab(page, { part, isModal, isShort: !isModal }))]
    // Tab moves the focus from the button of a menu into it, and a part of a screen has none.
    if (!panel.tookFocus && (isModal || panel.kind === 'form'))
      found.push('the focus stays outside')
    if (panel.kind !== 'part') found.push(...(await faultsOfEscape(page, panel)))
    return found
  })
  expect(faults).toEqual([])
})

test('the sign-in after the end of a session stays on Escape', async () => {
  const page = await newPerson(browser, server)
  await page.goto('/keys')
  await page.getByText('not used for 30 days').first().waitFor()
  const { body } = await server.ask<{ items: { id: string }[] }>('GET', '/api/v1/sessions')
  for (const { id } of body.items) await server.ask('DELETE', `/api/v1/sessions/${id}`)
  for (const key of ['g', 'f']) await page.keyboard.press(key)
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor()
  // A browser closes a dialog on the second Escape, although the page refused the first.
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Escape')
  expect(await dialog.evaluate((element) => element.matches(':modal'))).toBe(true)
  expect(await faultsOfTab(page, { part: 'dialog', isModal: true })).toEqual([])
  expect(await faultsOf(page, 'dialog')).toEqual([])
})
