import type { Page } from 'playwright-core'

/** Stops of a field with a date and a time, the control with the most. */
const MOST_STOPS = 8

interface Walk {
  /** Selector of the part of the page whose controls must have the focus. */
  readonly part?: string
  /** A modal part keeps the focus. */
  readonly isModal?: boolean
  /** Ends with the last control, for a part that closes behind the focus. */
  readonly isShort?: boolean
}

/**
 * Presses Tab until the focus has gone around the page. Returns the faults: controls that never
 * have the focus, and those that trap it.
 */
export async function faultsOfTab(
  page: Page,
  { part = 'body', isModal = false, isShort = false }: Walk = {},
): Promise<readonly string[]> {
  const walk = await page.evaluateHandle(watchFocus, part)
  const missed = () => walk.evaluate((one) => one.missed())
  const most = MOST_STOPS * (await walk.evaluate((one) => one.count()))
  // The focus may begin in the middle, and controls may arrive late.
  for (let lap = 0; lap < 2; lap += 1) {
    let place = 'start'
    for (let presses = 0; place !== 'end'; presses += 1) {
      if (presses > most) return [`${place} traps the focus`]
      if (isShort && (await missed()).length === 0) return []
      await page.keyboard.press('Tab')
      place = await walk.evaluate((one) => one.note())
      if (isModal && place.startsWith('outside')) return [`the focus leaves to ${place}`]
    }
    if ((await missed()).length === 0) return []
  }
  return missed()
}

/** Notes the controls of a part that have the focus. Runs in the page. */
function watchFocus(part: string) {
  const controls = 'a[href], button, input, select, textarea, summary, [role=button], [role=slider]'
  // Arrow keys move the focus in them, so Tab stops once in each.
  const composites = '[role=grid], [role=listbox]'
  const around = [...document.querySelectorAll(part)].at(-1)!
  const seen = new Set<Element>()
  const show = (element: Element) => element.outerHTML.slice(0, 160)
  const isUsable = (element: Element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    !element.matches(':disabled') &&
    !element.closest(composites)
  const all = () => [...around.querySelectorAll(controls)].filter(isUsable)
  const first = all()
  const isSame = (radio: Element, other: Element) =>
    radio instanceof HTMLInputElement &&
    other instanceof HTMLInputElement &&
    radio.type === 'radio' &&
    radio.name === other.name
  const isSeen = (one: Element) => seen.has(one) || [...seen].some((other) => isSame(one, other))
  const note = () => {
    const focused = document.activeElement ?? document.body
    if (focused === document.body) return 'end'
    seen.add(focused)
    return around.contains(focused) ? show(focused) : `outside: ${show(focused)}`
  }
  note()
  return {
    note,
    count: () => document.querySelectorAll(controls).length,
    missed: () =>
      // A part that closes behind the focus no longer has its controls.
      (around.checkVisibility() ? all() : first)
        .filter((one) => !isSeen(one))
        .map((one) => `never has the focus: ${show(one)}`),
  }
}
