import { DEV } from '@flaghoist/core/internal'
import type { FlagsEvents } from './flags.ts'

type Listener<E extends keyof FlagsEvents> = (event: FlagsEvents[E]) => unknown

/** Listeners by event. One that throws, or whose promise rejects, does not affect the others. */
export interface Emitter {
  /** Adds a listener; returns a function that removes it. */
  on<E extends keyof FlagsEvents>(event: E, listener: Listener<E>): () => void
  emit<E extends keyof FlagsEvents>(event: E, payload: FlagsEvents[E]): void
  /** Removes all listeners. */
  clear(): void
}

/** @param onError called with the error of each listener that fails */
export function createEmitter(onError: (error: unknown) => void): Emitter {
  // One entry per call of `on`, so that a listener that subscribes twice can leave once.
  const entries = new Set<readonly [event: keyof FlagsEvents, listener: Listener<never>]>()

  return {
    on(event, listener) {
      if (DEV && event !== 'change' && event !== 'status')
        onError(new Error(`unknown event "${String(event)}"; the events are change and status`))
      const entry = [event, listener] as const
      entries.add(entry)
      return () => entries.delete(entry)
    },
    emit(event, payload) {
      for (const [name, listener] of entries) {
        if (name !== event) continue
        try {
          const result = listener(payload as never)
          if (result instanceof Promise) result.catch(onError)
        } catch (error) {
          onError(error)
        }
      }
    },
    clear: () => entries.clear(),
  }
}
