import { createSubscriber } from 'svelte/reactivity'

let zone: string | undefined
let renew: (() => void) | undefined

const subscribe = createSubscriber((update) => {
  renew = update
})

/**
 * Returns the time zone of every instant on screen; undefined for that of the browser. Text that
 * reads it follows the choice of the person.
 */
export function timeZone(): string | undefined {
  subscribe()
  return zone
}

/**
 * Sets the time zone of every instant on screen.
 * @param next name of a time zone, such as `Europe/Zurich`; empty for that of the browser
 */
export function setTimeZone(next: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: next })
    zone = next
  } catch {
    // Also a stored name that this browser does not know.
    zone = undefined
  }
  renew?.()
}

/** Returns a function that shows instants in the time zone of the screen. */
export function inZone(
  options: Intl.DateTimeFormatOptions,
  locale = 'en-GB',
): (instant: Date | number | string) => string {
  let format: Intl.DateTimeFormat | undefined
  let zoneOfFormat: string | undefined
  return (instant) => {
    const wanted = timeZone()
    if (format === undefined || zoneOfFormat !== wanted) {
      format = new Intl.DateTimeFormat(locale, { ...options, timeZone: wanted })
      zoneOfFormat = wanted
    }
    return format.format(new Date(instant))
  }
}
