/** Subscribers to one event, called in the order of their subscription. */
export interface Listeners<A extends readonly unknown[]> {
  /** Subscribes. Returns a function that unsubscribes. */
  add(listener: (...args: A) => void): () => void
  /** Calls every subscriber. */
  emit(...args: A): void
}

/**
 * @param onError receives the error of a listener that threw; the other listeners are called all
 * the same
 */
export function createListeners<A extends readonly unknown[]>(
  onError: (error: unknown) => void,
): Listeners<A> {
  const listeners = new Set<(...args: A) => void>()
  return {
    add(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    emit(...args) {
      for (const listener of listeners)
        try {
          listener(...args)
        } catch (error) {
          onError(error)
        }
    },
  }
}
