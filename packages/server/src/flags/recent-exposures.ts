import type { Flag } from '@flaghoist/core/schema'
import { z } from 'zod'
import { getOrSet } from '../get-or-set.ts'
import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, startOfMinute } from '../time.ts'

/** Hours before now that are counted. */
export const COUNTED_HOURS = 24

export const VariantExposures = z
  .object({
    variant: z.string().meta({
      description: "Key of the variant; empty for the caller's fallback",
      example: 'on',
    }),
    count: z.int().meta({
      description:
        'Number of calls; of units that chance gave the variant, each about once in five minutes',
      example: 1_204,
    }),
    units: z.int().meta({
      description:
        'Number of units that chance gave the variant for the first time; a change that gives units other variants counts them again',
      example: 310,
    }),
  })
  .meta({ id: 'VariantExposures', description: 'Exposures to one variant' })

export type VariantExposures = z.infer<typeof VariantExposures>

/** The flag to count, and the scopes. */
export interface RecentExposureQuery {
  /** Exactly this scope. */
  readonly scope?: string | undefined
  /** Only this scope and those inside it. */
  readonly within?: string | undefined
  /** Epoch ms. */
  readonly now: number
}

/**
 * Counts the exposures of a flag in the last 24 hours in each scope that has some. The variants are
 * in the order of the flag.
 */
export async function recentExposures(
  events: Pick<EventStore, 'variantCounts'>,
  project: string,
  flag: Pick<Flag, 'key' | 'variants'>,
  { now, ...scopes }: RecentExposureQuery,
): Promise<ReadonlyMap<string, readonly VariantExposures[]>> {
  // In whole minutes, the span of the next request is often the same.
  const end = startOfMinute(now + MINUTE_MS - 1)
  const rows = await events.variantCounts(project, {
    ...scopes,
    flag: flag.key,
    from: end - COUNTED_HOURS * HOUR_MS,
    // Clocks of reporters may run ahead.
    to: end + DAY_MS,
  })
  const found = new Map<string, VariantExposures[]>()
  for (const { scope, ...row } of rows) getOrSet(found, scope, () => []).push(row)
  return new Map([...found].map(([scope, some]) => [scope, sumByVariant(some, flag)]))
}

/** Sums exposures by variant, in the order of the flag. */
export function sumByVariant(
  exposures: readonly VariantExposures[],
  { variants }: Pick<Flag, 'variants'>,
): readonly VariantExposures[] {
  const sums = new Map<string, VariantExposures>()
  for (const { variant, count, units } of exposures) {
    const { count: counted = 0, units: known = 0 } = sums.get(variant) ?? {}
    sums.set(variant, { variant, count: counted + count, units: known + units })
  }
  const order = variants.map(({ key }) => key)
  // Deleted variants follow, and the caller's fallback, which is none, is the last.
  const others = [...sums.keys()].filter((key) => key !== '' && !order.includes(key)).sort()
  return [...order, ...others, ''].flatMap((key) => sums.get(key) ?? [])
}
