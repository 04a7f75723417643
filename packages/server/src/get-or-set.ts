/** The part of a `Map` or a `WeakMap` that sets values. */
interface Settable<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): unknown
}

/** Returns the value of a key, which it sets where there is none. */
export function getOrSet<K, V>(map: Settable<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
