import type { Locator } from 'playwright-core'

/** Returns the reason that a refused button shows once it has the focus. */
export async function reasonOf(button: Locator): Promise<string> {
  await button.focus()
  const id = await button.getAttribute('aria-describedby')
  const reason = button.page().locator(`#${id}`)
  await reason.waitFor()
  return (await reason.textContent()) ?? ''
}
