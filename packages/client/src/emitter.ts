import { DEV } from '@flaghoist/core'
import type { FlagsEvents } from './flags.ts'

type Listener<E extends keyof FlagsEvents> = (event: FlagsEvents[E]) => unknown

/** Listeners by event. One that throws, or whose promise rejects, is told of, and disturbs nobody. */
export interface Emitter {
  on<E extends keyof FlagsEvents>(event: E, listener: Listener<E>): () => void
  emit<E extends keyof FlagsEvents>(event: E, payload: FlagsEvents[E]): void
  clear(): void
}

export function createEmitter(onError: (error: unknown) => void): Emitter {
  const listeners: { [E in keyof FlagsEvents]: Set<Listener<E>> } = {
    change: new Set(),
    status: new Set(),
  }

  return {
    on<E extends keyof FlagsEvents>(event: E, listener: Listener<E>) {
      // A function of its own, so that a listener that subscribes twice can leave once.
      const own: Listener<E> = (payload) => listener(payload)
      const known = Object.hasOwn(listeners, event) ? listeners[event] : undefined
      if (known) known.add(own)
      else if (DEV)
        onError(new Error(`there is no event "${String(event)}", but change and status`))
      return () => known?.delete(own)
    },
    emit(event, payload) {
      for (const listener of listeners[event])
        try {
          const result = listener(payload)
          if (result instanceof Promise) result.catch(onError)
        } catch (error) {
          onError(error)
        }
    },
    clear() {
      listeners.change.clear()
      listeners.status.clear()
    },
  }
}
