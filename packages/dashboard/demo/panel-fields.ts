import type { Page } from '../../../test-support/chromium.ts'

export async function textFlag(page: Page): Promise<void> {
  await page.getByLabel('Key, as the code names it').fill('button-text')
  await page.getByText('String', { exact: true }).click()
  for (const [i, [key, value]] of [
    ['short', 'Buy'],
    ['long', 'Buy now, pay later'],
  ].entries()) {
    const variant = page.getByRole('group', { name: `Variant ${i + 1}` })
    await variant.getByLabel('Key').fill(key!)
    await variant.getByLabel('Value').fill(value!)
  }
}

export async function bulkEdit(page: Page): Promise<void> {
  await page.getByText('On', { exact: true }).click()
  await page.getByRole('checkbox', { name: 'production' }).check()
  await page.getByText('flags and').waitFor()
}

export async function prerequisite(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add a prerequisite' }).click()
  await page.getByLabel('Flag', { exact: true }).fill('new-checkout')
  await page.getByText('It must serve').waitFor()
}

export async function planSegments(page: Page): Promise<void> {
  await page.getByLabel('Audience').first().selectOption('Segments')
  await page.getByRole('checkbox', { name: 'pilot-users' }).check()
}

/** Adds a clause to the first group of a condition. */
export async function condition(page: Page): Promise<void> {
  const attributes = page.getByLabel('Attribute')
  const before = await attributes.count()
  await page.getByRole('button', { name: 'And…' }).first().click()
  await attributes.nth(before).waitFor()
}

export async function weekly(page: Page): Promise<void> {
  await page.getByText('Each week', { exact: true }).click()
  for (const some of await page.getByText('Only these', { exact: true }).all()) await some.click()
}

export async function businessHours(page: Page): Promise<void> {
  await page.getByText('In business hours', { exact: true }).click()
}

export async function share(page: Page): Promise<void> {
  await page.getByText('Share', { exact: true }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).waitFor()
}

/** Waits for the effect of an alignment. */
export async function alignment(page: Page): Promise<void> {
  await page.getByText('Loading the effect').waitFor({ state: 'detached' })
}
