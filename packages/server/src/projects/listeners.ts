/** Whoever wants to hear of something, told in the order in which they came. */
export interface Listeners<A extends readonly unknown[]> {
  /** Gives a function that unsubscribes. */
  add(listener: (...told: A) => void): () => void
  tell(...told: A): void
}

/** @param onError told of a listener that threw; the others hear of it all the same */
export function createListeners<A extends readonly unknown[]>(
  onError: (error: unknown) => void,
): Listeners<A> {
  const listeners = new Set<(...told: A) => void>()
  return {
    add(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(...told) {
      for (const listener of listeners)
        try {
          listener(...told)
        } catch (error) {
          onError(error)
        }
    },
  }
}
