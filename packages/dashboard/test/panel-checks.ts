import type { Page } from 'playwright-core'
import { selectorOf } from '../demo/panels.ts'
import { areaOf, type OpenPanel } from './each-panel.ts'
import { faultsOf } from './faults.ts'
import { faultsOfSize } from './size-faults.ts'
import { faultsOfTab } from './tab-walk.ts'
import { LOW, PHONE, resize, WIDE } from './windows.ts'

/** Checks an open panel by axe, on a phone and by keyboard. Returns the faults. */
export async function faultsOfPanel(page: Page, panel: OpenPanel): Promise<readonly string[]> {
  const area = areaOf(panel)
  await resize(page, LOW)
  const faults = [...(await faultsOf(page, area))]
  if (!panel.isWide) {
    await resize(page, PHONE)
    faults.push(...(await faultsOfSize(page, area)))
  }
  await resize(page, WIDE)
  faults.push(...(await faultsOfWalk(page, panel)))
  if (panel.kind !== 'part') faults.push(...(await faultsOfEscape(page, panel)))
  return faults
}

/** Walks through a panel by Tab. Returns the faults. */
async function faultsOfWalk(page: Page, panel: OpenPanel) {
  const isModal = panel.kind === 'dialog'
  const part = selectorOf(panel)
  const faults = await faultsOfTab(page, { part, isModal, isShort: !isModal })
  // Tab moves the focus from the button of a menu into it, and a part of a screen has none.
  const isOutside = !panel.tookFocus && (isModal || panel.kind === 'form')
  return isOutside ? [...faults, 'the focus stays outside'] : faults
}

/** Leaves a dialog, menu or form by Escape. Returns the faults. */
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
