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
 * with the names of their panels.
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
      await page.getByText(panel.text).first().waitFor()
      const focused = await openPanel(page, panel)
      const part = page.locator(selectorOf(panel)).last()
      const tookFocus = await part.evaluate((one) => one.contains(document.activeElement))
      await panel.fill?.(page)
      const found = await check({ ...panel, focused, tookFocus })
      faults.push(...found.map((fault) => `${panel.name}: ${fault}`))
      if (panel.kind === 'part' || panel.kind === 'form') await page.goto(url)
      else await closePanel(page, panel)
    }
  }
  return faults
}

/** Returns the selector of a panel with what it changes: a form changes the screen around it. */
export const areaOf = (panel: Panel): string => (panel.kind === 'form' ? 'main' : selectorOf(panel))

/** Closes a panel and those below it. */
async function closePanel(page: Page, panel: Panel): Promise<void> {
  const parts = page.locator(selectorOf(panel))
  for (let left = await parts.count(); left > 0; left = await parts.count()) {
    await page.keyboard.press('Escape')
    await parts.nth(left - 1).waitFor({ state: 'hidden' })
  }
}
