import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 20
const GIVE_UP_MS = 60_000

/** Waits until a condition holds. Returns false if it does not within a minute. */
export async function holdsInTime(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const giveUpAt = performance.now() + GIVE_UP_MS; !(await holds()); await sleep(LOOK_MS))
    if (performance.now() > giveUpAt) return false
  return true
}

/** Waits until a condition holds. @throws {Error} that names it if it does not within a minute */
export async function waitUntil(
  condition: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  if (!(await holdsInTime(holds))) throw new Error(`Not within a minute: ${condition}.`)
}
