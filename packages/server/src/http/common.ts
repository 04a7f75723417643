import { Key } from '@flaghoist/core/schema'
import { z } from 'zod'

export const ProjectParams = z.object({ project: Key })

/** A page of a list: `cursor` of the next one, if there is one. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(200).optional().meta({ description: '`next` of the page before' }),
})

export const Reason = z.string().trim().min(1).max(1_000).optional().meta({
  description: 'Why; shown in the log of changes',
  example: 'Checkout fails for acme since 14:02',
})

/** Headers of writes that can be repeated safely. */
export const RetryHeaders = z.looseObject({
  'idempotency-key': z.string().min(1).max(200).optional().meta({
    description: 'Any text of yours; a retry with the same one is answered as the first time',
  }),
})

/** Headers of writes to one entity. */
export const WriteHeaders = RetryHeaders.extend({
  'if-match': z.string().optional().meta({
    description: 'ETag of what you have read: the write fails with 409 if it was changed since',
  }),
})

export const page = <T extends z.ZodType>(item: T, description: string) =>
  z.object({ items: z.array(item), next: z.string().optional() }).describe(description)

/** One page of items that are in order of `idOf`. */
export function paginate<T>(
  items: readonly T[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  idOf: (item: T) => string,
): { items: T[]; next?: string } {
  const rest = cursor === undefined ? items : items.filter((item) => idOf(item) > cursor)
  const found = rest.slice(0, limit)
  return rest.length > limit ? { items: found, next: idOf(found.at(-1)!) } : { items: found }
}

/** A merge patch: absent leaves, `null` removes (RFC 7396, on the first level). */
export function merge<T extends object>(target: T, changes: object): T {
  const merged = { ...target, ...changes }
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== null && value !== undefined),
  ) as T
}

/** Tags in a query: `?tag=tier:pilot&tag=region:eu`. */
export const TagsQuery = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((given) => (given === undefined ? [] : [given].flat()))
  .meta({ description: 'Only what has this tag, as `name:value`; may be repeated' })

export function hasTags(
  tags: Readonly<Record<string, string>>,
  wanted: readonly string[],
): boolean {
  return wanted.every((tag) => {
    const [name, ...value] = tag.split(':')
    return Object.hasOwn(tags, name!) && tags[name!] === value.join(':')
  })
}
