import type { FlagsEvents } from './flags.ts'

type Listener<E extends keyof FlagsEvents> = (event: FlagsEvents[E]) => void

/** Listeners by event. One that throws is told of, and disturbs nobody. */
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
    this.#listeners[event].add(listener)
    return () => this.#listeners[event].delete(listener)
  }

  emit<E extends keyof FlagsEvents>(event: E, payload: FlagsEvents[E]): void {
    for (const listener of this.#listeners[event])
      try {
        listener(payload)
      } catch (error) {
        this.#onError(error)
      }
  }

  clear(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear()
  }
}
