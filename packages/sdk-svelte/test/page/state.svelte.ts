/** An object whose members components follow. */
export function createState<T extends object>(first: T): T {
  const state = $state(first)
  return state
}
