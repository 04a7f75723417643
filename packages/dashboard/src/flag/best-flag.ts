/** The flag that a typed text stands for, or the keys that it could stand for. */
export type FlagMatch =
  | { readonly flag: string }
  | { readonly flag?: undefined; readonly candidates: readonly string[] }

/**
 * Returns the flag of a typed text: the one of this key, else the only one whose key begins with
 * it, else the only one whose key contains it.
 * @param found keys of flags that contain the text, also in their descriptions
 * @param isCut true if there are more
 */
export function bestFlag(text: string, found: readonly string[], isCut: boolean): FlagMatch {
  if (found.includes(text)) return { flag: text }
  const beginning = found.filter((key) => key.startsWith(text))
  const containing = found.filter((key) => key.includes(text))
  const candidates = beginning.length > 0 ? beginning : containing
  const [only] = candidates
  return only !== undefined && candidates.length === 1 && !isCut ? { flag: only } : { candidates }
}
