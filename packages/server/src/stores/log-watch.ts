import type { LogHead, LogListener } from './change-log.ts'

/** The watchers of a change log within this process. */
export interface LogWatch {
  watch(listener: LogListener): () => void
  /** Announces a head on the next turn of the event loop, when it can be read. */
  announce(head: LogHead): void
  /** Ends all watches. */
  close(): void
}

export function createLogWatch(): LogWatch {
  const listeners = new Set<LogListener>()
  /** Latest head of each project that has moved since the last announcement. */
  let moved = new Map<string, LogHead>()

  const flush = () => {
    const heads = [...moved.values()]
    moved = new Map()
    for (const head of heads) for (const listener of listeners) call(listener, head)
  }
  return {
    watch(listener) {
      // The same function may watch twice, and each watch ends by itself.
      const own: LogListener = (head) => listener(head)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    announce(head) {
      if (listeners.size === 0) return
      if (moved.size === 0) setImmediate(flush)
      moved.set(head.project, head)
    },
    close: () => listeners.clear(),
  }
}

/** The error of one listener must not stop the others. */
function call(listener: LogListener, head: LogHead): void {
  try {
    listener(head)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
