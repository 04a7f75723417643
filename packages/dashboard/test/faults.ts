import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** Returns the faults of a page in both themes, which differ in their colours only. */
export async function faultsOf(page: Page, part = 'html'): Promise<readonly string[]> {
  // Without frames of other sites, axe needs no second page to sum up.
  const axe = () => new AxeBuilder({ page }).setLegacyMode().include(part)
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await axe().analyze()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await axe().withRules('color-contrast').analyze()
  const textsOf = (theme: string, { violations }: typeof light) =>
    violations.map(({ id, nodes }) => `${theme}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  return [...textsOf('light', light), ...textsOf('dark', dark)]
}
