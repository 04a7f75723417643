import type { JSHandle, Page } from 'playwright-core'
import { openPanel, type Panel, selectorOf } from '../demo/panels.ts'

/** A panel on screen. */
export interface OpenPanel extends Panel {
  /** Elements that had the focus before each step that opened it. */
  readonly focused: readonly JSHandle<Element | null>[]
  /** Set if the focus moved into it when it opened. */
  readonly tookFocus: boolean
}

/**
 * Opens each panel with its fields, and closes it again. Returns the faults that `check` finds,
 * and those panels that do not open or close, with the names of the panels.
 */
export async function faultsOfPanels(
  page: Page,
  panels: readonly Panel[],
  check: (panel: OpenPanel) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [url, others] of Map.groupBy(panels, (panel) => panel.url)) {
    await page.goto(url)
    for (const panel of others) {
      try {
        await page.getByText(panel.text).first().waitFor()
        const found = await check(await openWithFields(page, panel))
        faults.push(...found.map((fault) => `${panel.name}: ${fault}`))
        if (panel.kind === 'part' || panel.kind === 'form') await page.goto(url)
        else await closePanel(page, panel)
      } catch (error) {
        faults.push(`${panel.name}: ${error}`)
        await page.goto(url)
      }
    }
  }
  return faults
}

/** Returns the selector of a panel with what it changes: a form changes the screen around it. */
export const areaOf = (panel: Panel): string => (panel.kind === 'form' ? 'main' : selectorOf(panel))

/** Opens a panel by keyboard alone, and fills in its fields. */
async function openWithFields(page: Page, panel: Panel): Promise<OpenPanel> {
  const focused = await openPanel(page, panel)
  const part = page.locator(selectorOf(panel)).last()
  const tookFocus = await part.evaluate((one) => one.contains(document.activeElement))
  await panel.fill?.(page)
  return { ...panel, focused, tookFocus }
}

/** Closes a panel and those below it. */
async function closePanel(page: Page, panel: Panel): Promise<void> {
  const parts = page.locator(selectorOf(panel))
  for (let left = await parts.count(); left > 0; left = await parts.count()) {
    await page.keyboard.press('Escape')
    await parts.nth(left - 1).waitFor({ state: 'hidden' })
  }
}
