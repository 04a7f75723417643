import { type Propagation, requestPropagation } from './kill-requests.ts'

/** Pause between two requests: short at first, when most SDKs confirm. */
const FIRST_PAUSE_MS = 60
const LAST_PAUSE_MS = 1_000

interface Follower {
  readonly onReport: (report: Propagation) => void
  readonly onError: (error: unknown) => void
}

/** Reports the propagation of a version until it is complete. Returns a function that stops. */
export function followPropagation(version: number, { onReport, onError }: Follower): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  async function ask(pause: number): Promise<void> {
    let isComplete = false
    try {
      const report = await requestPropagation(version)
      if (isStopped) return
      onReport(report)
      isComplete = report.confirmed >= report.connected
    } catch (error) {
      if (isStopped) return
      onError(error)
    }
    if (!isComplete) timer = setTimeout(ask, pause, Math.min(LAST_PAUSE_MS, pause * 1.5))
  }

  void ask(FIRST_PAUSE_MS)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
