import type { Locator } from 'playwright-core'
import { expect } from 'vitest'

/** Elements for screen readers alone are one pixel high. */
const LEAST_HEIGHT = 3

/** Fails unless a person sees the whole of an element, without a click and without scrolling. */
export async function expectOnScreen(locator: Locator): Promise<void> {
  const seen = locator.filter({ visible: true }).first()
  await seen.waitFor()
  // Data that arrive later may still move it.
  await expect.poll(() => partOnScreen(seen), { message: String(locator) }).toBeGreaterThan(0.99)
}

/** Returns the part of an element that neither the window nor a scrolled area cuts off. */
function partOnScreen(locator: Locator): Promise<number> {
  return locator.evaluate(
    (element, leastHeight) =>
      new Promise<number>((resolve) => {
        const observer = new IntersectionObserver(([entry]) => {
          observer.disconnect()
          const isCut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
          const isHigh = entry!.boundingClientRect.height >= leastHeight
          resolve(isHigh && !isCut ? entry!.intersectionRatio : 0)
        })
        observer.observe(element)
      }),
    LEAST_HEIGHT,
  )
}
