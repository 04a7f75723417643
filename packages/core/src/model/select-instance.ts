import type { Instance, Selector } from '../schema/index.ts'

/** Checks that an instance has one of the keys, and all of the tags, that a selector names. */
export function isSelected(
  { key, tags: own }: Instance,
  { keys, tags = {} }: Pick<Selector, 'keys' | 'tags'>,
): boolean {
  return (
    (keys === undefined || keys.includes(key)) &&
    Object.entries(tags).every(([name, wanted]) => {
      const value = Object.hasOwn(own, name) ? own[name] : undefined
      return value !== undefined && [wanted].flat().includes(value)
    })
  )
}
