import type { LogListener, LogNews } from './change-log.ts'

/** The watchers of a change log within this process. */
export interface LogWatch {
  watch(listener: LogListener): () => void
  /** Announces a head on the next turn of the event loop, when it can be read. */
  announce(news: LogNews): void
  /** Ends all watches. */
  close(): void
}

export function createLogWatch(): LogWatch {
  const listeners = new Set<LogListener>()
  /** Latest head of each project that has moved since the last announcement. */
  let moved = new Map<string, LogNews>()

  const flush = () => {
    const all = [...moved.values()]
    moved = new Map()
    for (const news of all) for (const listener of listeners) call(listener, news)
  }
  return {
    watch(listener) {
      // The same function may watch twice, and each watch ends by itself.
      const own: LogListener = (news) => listener(news)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    announce(news) {
      if (listeners.size === 0) return
      if (moved.size === 0) setImmediate(flush)
      const mayHaveLost = moved.get(news.project)?.mayHaveLost
      moved.set(news.project, mayHaveLost ? { ...news, mayHaveLost } : news)
    },
    close: () => listeners.clear(),
  }
}

/** The error of one listener must not stop the others. */
function call(listener: LogListener, news: LogNews): void {
  try {
    listener(news)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
