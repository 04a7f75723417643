import type { Page } from 'playwright-core'

interface Size {
  readonly width: number
  readonly height: number
}

/** The window of a person at a desk. */
export const WIDE: Size = { width: 1440, height: 860 }

/** A low window: grids have fewer rows, and axe has less to read. */
export const LOW: Size = { width: 1280, height: 320 }

export const PHONE: Size = { width: 390, height: 844 }

/** The options of a browser on a phone. */
export const TOUCH_PHONE = { viewport: PHONE, hasTouch: true, isMobile: true } as const

/** Resizes the window, and waits until the page has been drawn in it. */
export async function resize(page: Page, size: Size): Promise<void> {
  await page.setViewportSize(size)
  // The first frame tells the page of its size, and the second one shows what it changed.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  )
}
