import { setTimeout as sleep } from 'node:timers/promises'

const START_MS = 90_000
const LOOK_MS = 200

/** Waits until a URL has a successful response. @throws {Error} if it has none in time */
export async function untilAnswers(url: string): Promise<void> {
  const end = performance.now() + START_MS
  for (;;) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
    if (performance.now() > end) throw new Error(`${url} does not answer.`)
    await sleep(LOOK_MS)
  }
}
