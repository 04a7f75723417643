import type { Connection } from './connection.ts'
import type { Platform } from './platform.ts'
import type { Reporter } from './reporter.ts'
import type { RulesetCache } from './ruleset-cache.ts'
import { watchSleep } from './sleep.ts'

/** The parts of a client that start and stop. */
export interface RunningParts {
  readonly platform: Platform
  readonly connection: Connection
  readonly reporter: Reporter
  readonly rulesetCache: RulesetCache
}

/** A client that has started. */
export interface RunningClient {
  /** Sends and saves what waits; sends nothing to a server that has asked for a pause. */
  flush(): Promise<void>
  /** Stops the client; resolves when the last report is delivered. */
  stop(): Promise<void>
}

/** Limits of a report and a write to the cache, for a caller and at the end of a process. */
const FLUSH_TIMEOUT_MS = 5_000
const EXIT_TIMEOUT_MS = 500

/**
 * Starts a client: its connection rests while the page is hidden and is renewed after a sleep, and
 * its reports are sent before the process ends.
 */
export function startClient({
  platform,
  connection,
  reporter,
  rulesetCache,
}: RunningParts): RunningClient {
  /** Sends and saves what waits. Keeps the process alive meanwhile, at most for `maxMs`. */
  const deliver = (maxMs: number, isLast?: boolean) =>
    new Promise<void>((resolve) => {
      const cancel = platform.schedule(maxMs, resolve, true)
      void Promise.all([reporter.flush(isLast), rulesetCache.flush()]).then(() => {
        cancel()
        resolve()
      })
    })

  let isActive = true
  let endWatch = () => {}
  const follow = () => {
    endWatch()
    if (!isActive) return connection.pause()
    connection.start()
    endWatch = watchSleep(platform, connection.wake)
  }
  const ignoreActivity = platform.onActivity?.((now) => {
    isActive = now
    follow()
  })
  follow()

  let deliveredTotal: number | undefined
  const ignoreExit = platform.beforeExit?.((isLast, isEnd) => {
    if (isEnd) reporter.recorder.signalAll()
    const total = reporter.recorder.tally()
    // A process that is about to end again with nothing new to report just ends.
    if (isLast || total !== deliveredTotal) void deliver(EXIT_TIMEOUT_MS, isLast)
    deliveredTotal = total
  })

  return {
    flush: () => (reporter.isQuiet() ? rulesetCache.flush() : deliver(FLUSH_TIMEOUT_MS)),
    stop() {
      connection.close()
      endWatch()
      ignoreActivity?.()
      ignoreExit?.()
      reporter.stop()
      return deliver(FLUSH_TIMEOUT_MS)
    },
  }
}
