import { tagsText } from './tags.ts'

/** A name and a value of a tag of instances. */
export type Tag = readonly [name: string, value: string]

/** Tags that a selection of instances names: a list accepts each of its values. */
type WantedTags = Readonly<Record<string, string | readonly string[]>>

export const tagText = ([name, value]: Tag): string => `${name}=${value}`

/** Returns the tags that a selection of instances names, one for each value. */
export function tagsIn({ tags = {} }: { readonly tags?: WantedTags } = {}): readonly Tag[] {
  return Object.entries(tags).flatMap(([name, values]) =>
    [values].flat().map((value): Tag => [name, value]),
  )
}

/**
 * Returns chosen tags as the API expects them: a name with several values accepts each.
 * @param chosen texts of {@link tagText}
 */
export function wantedTags(
  chosen: readonly string[],
  tags: readonly Tag[],
): Record<string, string | string[]> {
  const found = new Map<string, string[]>()
  for (const tag of tags) {
    const [name, value] = tag
    if (chosen.includes(tagText(tag))) found.set(name, [...(found.get(name) ?? []), value])
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  )
}

/** Returns the tags of a selection in words, such as `tier=pilot or internal, region=eu`. */
export function wantedTagsText(tags: WantedTags): string {
  const flat = Object.entries(tags).map(([name, value]) => [name, [value].flat().join(' or ')])
  return tagsText(Object.fromEntries(flat))
}
