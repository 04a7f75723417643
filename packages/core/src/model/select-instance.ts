import type { Instance, Selector } from '../schema/index.ts'
import { tagOf } from './instance-tags.ts'

/** Checks that an instance has one of the keys, and all of the tags, that a selector names. */
export function isSelected(
  { key, tags: own }: Instance,
  { keys, tags = {} }: Pick<Selector, 'keys' | 'tags'>,
): boolean {
  return (
    (keys === undefined || keys.includes(key)) &&
    Object.entries(tags).every(([name, wanted]) => {
      const value = tagOf(own, name)
      return value !== undefined && [wanted].flat().includes(value)
    })
  )
}
