/** The keys of a state in small letters; an import of many flags asks for each of them. */
const folded = new WeakMap<object, ReadonlyMap<string, readonly string[]>>()

/** Returns another key that differs only by case: people would mistake one flag for the other. */
export function sameKeyInOtherCase(
  flags: ReadonlyMap<string, unknown>,
  key: string,
): string | undefined {
  const known = folded.get(flags) ?? foldKeys(flags)
  folded.set(flags, known)
  return known.get(key.toLowerCase())?.find((other) => other !== key)
}

function foldKeys(flags: ReadonlyMap<string, unknown>): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>()
  for (const key of flags.keys()) {
    const small = key.toLowerCase()
    keys.set(small, [...(keys.get(small) ?? []), key])
  }
  return keys
}
