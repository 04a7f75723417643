import { type Serve, sharesOf, type WrittenServe } from '../flag/sentences.ts'

/** Number of buckets of all units. */
export const BUCKETS = 100_000
const BUCKETS_PER_PERCENT = BUCKETS / 100

/** A part of a split: a variant, or the treated units of a rollout. */
export interface Part {
  readonly key: string
  readonly buckets: number
}

/** Returns the parts of a serve in the order of the variants, also those of none. */
export function partsOf(serve: Serve, variants: readonly string[]): readonly Part[] {
  const shares = sharesOf(serve)
  return variants.map((key) => ({ key, buckets: shares.get(key) ?? 0 }))
}

/** Returns the split with these parts. */
export function splitOf(parts: readonly Part[], by: string): WrittenServe {
  return { weights: Object.fromEntries(parts.map(({ key, buckets }) => [key, buckets])), by }
}

/** Returns the end of a part, in buckets from the start. */
export const endOf = (parts: readonly Part[], index: number): number =>
  parts.slice(0, index + 1).reduce((sum, { buckets }) => sum + buckets, 0)

/** Returns parts with another border between a part and the next; others stay where they are. */
export function moveBorder(parts: readonly Part[], index: number, to: number): readonly Part[] {
  const start = endOf(parts, index - 1)
  const end = endOf(parts, index + 1)
  const border = Math.max(start, Math.min(end, to))
  return parts
    .with(index, { ...parts[index]!, buckets: border - start })
    .with(index + 1, { ...parts[index + 1]!, buckets: end - border })
}

/** Returns parts in which one has a size; the parts behind it give or get the difference first. */
export function resizePart(
  parts: readonly Part[],
  index: number,
  buckets: number,
): readonly Part[] {
  const resized = parts.map((part) => ({ ...part }))
  let missing = buckets - resized[index]!.buckets
  resized[index]!.buckets = buckets
  for (let i = 1; i < parts.length && missing !== 0; i += 1) {
    const other = resized[(index + i) % parts.length]!
    const given = Math.min(missing, other.buckets)
    other.buckets -= given
    missing -= given
  }
  return resized
}

/** Returns the buckets of a percentage; undefined unless it is 0 to 100 in steps of 0.001. */
export function bucketsOf(text: string): number | undefined {
  const isNumber = /^\d{1,3}([.,]\d{1,3})?$/.test(text.trim())
  const buckets = Math.round(Number(text.replace(',', '.')) * BUCKETS_PER_PERCENT)
  return isNumber && buckets <= BUCKETS ? buckets : undefined
}

/** Returns buckets as a percentage that people edit, such as `12.5`. */
export const percentText = (buckets: number): string => String(buckets / BUCKETS_PER_PERCENT)
