import type { Locator } from 'playwright-core'

/** Returns the reason that a refused button shows once it has the focus. */
export async function reasonOf(button: Locator): Promise<string> {
  await button.focus()
  const id = await button.getAttribute('aria-describedby')
  const reason = button.page().locator(`#${id}`)
  await reason.waitFor()
  return (await reason.textContent()) ?? ''
}

/** Narrows a button down to one whose action is allowed: a refused one keeps the focus. */
export const allowed = (button: Locator): Locator =>
  button.and(button.page().locator(':enabled:not([aria-disabled=true])'))
