import { z } from 'zod'

/** Tags in a query: `?tag=tier:pilot&tag=region:eu`. */
export const TagsQuery = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((given) => (given === undefined ? [] : [given].flat()))
  .refine((tags) => tags.every((tag) => tag.includes(':')), {
    message: 'A tag is written as name:value, such as team:checkout.',
  })
  .meta({
    description: 'Required tag, such as `team:checkout`; may be repeated',
  })

/** Checks that an entity has every wanted tag, each written as `name:value`. */
export function matchesTags(
  tags: Readonly<Record<string, string>>,
  wanted: readonly string[],
): boolean {
  return wanted.every((tag) => {
    const [name, ...value] = tag.split(':')
    return Object.hasOwn(tags, name!) && tags[name!] === value.join(':')
  })
}
