import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Returns the faults of a part of the page in both themes, which differ in their colours only. */
export async function faultsOf(page: Page, part = 'html'): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await violationsOf(page, part, {})
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await violationsOf(page, part, { runOnly: ['color-contrast'] })
  return [...light.map((text) => `light: ${text}`), ...dark.map((text) => `dark: ${text}`)]
}

/** Runs axe in the page. */
const violationsOf = (page: Page, part: string, options: axe.RunOptions) =>
  page.evaluate(
    async ([context, rules]) => {
      const { axe: checker } = window as unknown as { readonly axe: typeof axe }
      const { violations } = await checker.run(context, { ...rules, resultTypes: ['violations'] })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    },
    [part, options] as const,
  )
