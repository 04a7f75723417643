import type { Page } from 'playwright-core'
import { faultsOf } from './faults.ts'
import { LOW, WIDE } from './people.ts'
import { faultsOfSize, PHONE } from './size-faults.ts'

/**
 * Checks a part of the page by axe in a low window, and its size on a phone. Returns the faults,
 * and leaves the window wide.
 */
export async function faultsOfLook(
  page: Page,
  part: string,
  { isWide = false } = {},
): Promise<readonly string[]> {
  await resize(page, LOW)
  const faults = [...(await faultsOf(page, part))]
  if (!isWide) {
    await resize(page, PHONE)
    faults.push(...(await faultsOfSize(page, part)))
  }
  await resize(page, WIDE)
  return faults
}

/** Resizes the window, and waits until the page has been drawn in it. */
async function resize(page: Page, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size)
  // The first frame tells the page of its size, and the second one shows what it changed.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  )
}
