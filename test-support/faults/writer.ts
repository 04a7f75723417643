import { setTimeout as sleep } from 'node:timers/promises'
import { ADMIN_KEY, LAYER, PROJECT } from './admin.ts'

const WRITE_MS = 25

/** Turns the flag on and off, and remembers the versions that the server has acknowledged. */
export function startWriter(url: string) {
  const acknowledged: number[] = []
  let isPaused = false
  let on = false
  const write = async () => {
    while (!isPaused) {
      on = !on
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ on })
      const signal = AbortSignal.timeout(1_000)
      await fetch(`${url}${PROJECT}/${LAYER}`, { method: 'PATCH', headers, body, signal })
        .then(async (response) => {
          if (response.ok) acknowledged.push(Number(response.headers.get('flaghoist-version')))
          // A body that nobody reads would keep its connection.
          await response.arrayBuffer()
        })
        .catch(() => undefined)
      await sleep(WRITE_MS)
    }
  }
  let running = write()
  return {
    acknowledged,
    async pause() {
      isPaused = true
      await running
    },
    resume() {
      isPaused = false
      running = write()
    },
  }
}
