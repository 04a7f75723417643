import type { Platform } from './platform.ts'

/** The time of the next report: one timer, and what the server asks for. */
export interface ReportSchedule {
  /** Returns whether the server wants no reports now, not even from a page that is left. */
  isQuiet(): boolean
  /** Plans a report within `ms`, but not before a retry is due. */
  planWithin(ms: number): void
  /** Cancels the planned report. */
  cancel(): void
  /** Plans a retry after `ms`, with no report before it. */
  retryAfter(ms: number, isQuiet: boolean): void
  /** Forgets the retry: a report was accepted. */
  clearRetry(): void
  /** Cancels the planned report, and plans no other. */
  stop(): void
}

export function createReportSchedule(platform: Platform, onDue: () => void): ReportSchedule {
  let dueAt: number | undefined
  let retryAt = 0
  let quietUntil = 0
  let isStopped = false
  let cancelTimer = () => {}

  const cancel = () => {
    cancelTimer()
    dueAt = undefined
  }
  const planWithin = (ms: number) => {
    const now = platform.elapsed()
    const at = Math.max(now + ms, retryAt)
    if (isStopped || (dueAt !== undefined && at >= dueAt)) return
    cancelTimer()
    dueAt = at
    cancelTimer = platform.schedule(at - now, onDue)
  }

  return {
    isQuiet: () => platform.elapsed() < quietUntil,
    planWithin,
    cancel,
    retryAfter(ms, isQuiet) {
      retryAt = platform.elapsed() + ms
      if (isQuiet) quietUntil = retryAt
      planWithin(ms)
    },
    clearRetry() {
      retryAt = 0
    },
    stop() {
      isStopped = true
      cancelTimer()
    },
  }
}
