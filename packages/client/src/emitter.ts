import type { FlagsEvents } from './flags.ts'

type Listener<E extends keyof FlagsEvents> = (event: FlagsEvents[E]) => unknown

/** Listeners by event. One that throws, or whose promise rejects, is told of, and disturbs nobody. */
export class Emitter {
  readonly #listeners: { [E in keyof FlagsEvents]: Set<Listener<E>> } = {
    change: new Set(),
    status: new Set(),
  }
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  on<E extends keyof FlagsEvents>(event: E, listener: Listener<E>): () => void {
    if (!Object.hasOwn(this.#listeners, event)) {
      this.#onError(new Error(`there is no event "${String(event)}", but change and status`))
      return () => {}
    }
    // A function of its own, so that a listener that subscribes twice can leave once.
    const own: Listener<E> = (payload) => listener(payload)
    this.#listeners[event].add(own)
    return () => this.#listeners[event].delete(own)
  }

  emit<E extends keyof FlagsEvents>(event: E, payload: FlagsEvents[E]): void {
    for (const listener of this.#listeners[event])
      try {
        const result = listener(payload)
        if (result instanceof Promise) result.catch(this.#onError)
      } catch (error) {
        this.#onError(error)
      }
  }

  clear(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear()
  }
}
