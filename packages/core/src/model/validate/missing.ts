import { closest } from '../../closest.ts'
import type { Issue } from '../../errors.ts'

/** The cure where no existing name is close to the missing one. */
export const CREATE = 'Create it first.'

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

/** Returns an issue for each name of a list that does not exist. */
export function missingIssues(
  path: string,
  subject: string,
  {
    keys,
    existing,
  }: { readonly keys: readonly string[]; readonly existing: ReadonlyMap<string, unknown> },
): readonly Issue[] {
  return [...new Set(keys)]
    .filter((key) => !existing.has(key))
    .map((key) => ({
      path,
      message: missingText(subject, key, { known: existing.keys(), cure: CREATE }),
    }))
}
