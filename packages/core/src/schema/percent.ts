import { z } from 'zod'
import { BUCKETS } from '../hash.ts'
import { Key } from './keys.ts'

const BUCKETS_PER_PERCENT = BUCKETS / 100
/** Tolerates the rounding errors of a computed percentage, in buckets. */
const TOLERANCE = 1e-6

/** A percentage that is a whole number of buckets: 0 to 100 in steps of 0.001. */
export const Percent = z
  .number()
  .min(0)
  .max(100)
  .superRefine((percent, { addIssue }) => {
    const message = problemOf(percent)
    if (message !== undefined) addIssue({ code: 'custom', message })
  })

/** Percentages by variant, with a sum of 100. */
export const Percentages = z.record(Key, Percent).superRefine((percentages, { addIssue }) => {
  const sum = Object.values(percentages).reduce((total, one) => total + bucketsOf(one), 0)
  if (sum === BUCKETS) return
  addIssue({
    code: 'custom',
    message: `The percentages add up to ${sum / BUCKETS_PER_PERCENT}. Change them so that they add up to 100.`,
  })
})

/** Returns a percentage as a number of buckets. */
export function bucketsOf(percent: number): number {
  return Math.round(percent * BUCKETS_PER_PERCENT)
}

/** No percentage becomes 0 or 100 by rounding, and none changes noticeably. */
function problemOf(percent: number): string | undefined {
  const exact = percent * BUCKETS_PER_PERCENT
  const buckets = bucketsOf(percent)
  const isExtreme = buckets === 0 || buckets === BUCKETS
  if (isExtreme ? exact === buckets : Math.abs(exact - buckets) <= TOLERANCE) return undefined
  const [below, above] = [Math.floor(exact), Math.ceil(exact)].map(
    (one) => one / BUCKETS_PER_PERCENT,
  )
  return `${percent} is finer than one bucket, 0.001 %. Use ${below} or ${above}.`
}
