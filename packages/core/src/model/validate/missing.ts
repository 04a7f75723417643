import { closest } from '../../closest.ts'

/** Returns the sentence about a name that does not exist: with the closest one, or the cure. */
export function missingText(
  subject: string,
  key: string | number | boolean,
  { known, cure }: { readonly known: Iterable<string>; readonly cure: string },
): string {
  const nearest = closest(String(key), [...known])
  const next = nearest === undefined ? cure : `Did you mean "${nearest}"?`
  return `${subject} ${JSON.stringify(key)} does not exist. ${next}`
}
