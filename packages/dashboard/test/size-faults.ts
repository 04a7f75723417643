import type { Page } from 'playwright-core'

/** Returns how far the window of a phone and a part of it are larger than what shows them. */
export async function faultsOfSize(page: Page, part: string): Promise<readonly string[]> {
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
    .map(([name, excess]) => `larger than a phone: ${name} ${excess}`)
}
