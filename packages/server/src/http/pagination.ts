import { strict } from '@flaghoist/core/schema'
import { z } from 'zod'

export const PageQuery = strict({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(100)
    .meta({ description: 'Items per page' }),
  cursor: z.string().max(200).optional().meta({ description: '`next` of the previous page' }),
})

/** The response schema of one page of a list. */
export const page = <T extends z.ZodType>(item: T, description: string) =>
  z
    .object({
      items: z.array(item).meta({ description: 'Items of this page' }),
      next: z.string().optional().meta({
        description: '`cursor` of the next page; absent on the last page',
        example: 'new-checkout',
      }),
    })
    .describe(description)

/** Returns one page of items that are in order of `idOf`. */
export function paginate<T>(
  items: readonly T[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  idOf: (item: T) => string,
): { items: T[]; next?: string } {
  const rest = cursor === undefined ? items : items.filter((item) => idOf(item) > cursor)
  const found = rest.slice(0, limit)
  return rest.length > limit ? { items: found, next: idOf(found.at(-1)!) } : { items: found }
}
