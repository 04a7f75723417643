import { type Backoff, createBackoff } from '../backoff.ts'
import type { ChangeLog, LogNews } from '../stores/change-log.ts'

/** First wait after a read that failed, ms: the unread change may be a kill. */
const FIRST_RETRY_MS = 50
/** Longest wait, ms: a store that is back is read soon. */
const MAX_RETRY_MS = 1_000

/** A project whose log could not be read. */
interface Retry {
  readonly backoff: Backoff
  timer?: NodeJS.Timeout
}

/**
 * Reads each log whose head has moved. A failed read is retried until one succeeds, because no
 * further append may ever announce the changes that it missed.
 *
 * @param read reads one log up to its announced head, or further
 * @returns a function that ends it
 */
export function followLog(
  log: ChangeLog,
  read: (news: LogNews) => Promise<void>,
  onError: (error: unknown) => void,
): () => void {
  const retries = new Map<string, Retry>()
  let isClosed = false

  const follow = async (news: LogNews): Promise<void> => {
    const { project } = news
    const retry = retries.get(project) ?? {
      backoff: createBackoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS }),
    }
    clearTimeout(retry.timer)
    try {
      await read(news)
      retries.delete(project)
    } catch (error) {
      if (isClosed) return
      retries.set(project, retry)
      retry.timer = setTimeout(() => void follow(news), retry.backoff.next()).unref()
      onError(error)
    }
  }
  const unwatch = log.watch((news) => void follow(news))
  return () => {
    isClosed = true
    unwatch()
    for (const { timer } of retries.values()) clearTimeout(timer)
  }
}
