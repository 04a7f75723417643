import { LIMITS } from '@flaghoist/core'
import { FLAG_KEY_PATTERN, KEY_PATTERN } from '@flaghoist/core/internal'
import { ITEM } from './item-limits.ts'

/** An item of a batch, of which nothing is known yet. */
type Item = Readonly<Record<string, unknown>>

/** Checks that an exposure has the usual form: `ExposureItem` accepts it unchanged. */
export function isUsualExposure(value: unknown): boolean {
  if (!isObject(value)) return false
  const { reason, count, units } = value
  if (!isOneOf(reason, ITEM.reasons) || !isWhole(count, 1, ITEM.count)) return false
  if (units !== undefined && !isUnits(units)) return false
  return hasMembers(value, 2 + Number(units !== undefined))
}

/** Checks that an outcome has the usual form: `OutcomeItem` accepts it unchanged. */
export function isUsualOutcome(value: unknown): boolean {
  if (!isObject(value)) return false
  const { metric, units, buckets } = value
  if (!isText(metric, KEY_PATTERN) || !isUnits(units) || units.length === 0) return false
  if (buckets !== undefined && !isBuckets(buckets)) return false
  return hasMembers(value, 2 + Number(buckets !== undefined))
}

/**
 * Checks the members that all items share, and refuses unknown members.
 * @param own number of the members that are particular to a kind of item
 */
function hasMembers(item: Item, own: number): boolean {
  const { flag, variant, revision, minute, instance, arm, rule } = item
  if (!isText(flag, FLAG_KEY_PATTERN)) return false
  if (!isWhole(revision, 1, Number.MAX_SAFE_INTEGER)) return false
  if (!isWhole(minute, 0, Number.MAX_SAFE_INTEGER)) return false
  let members = own + 3
  if (variant !== undefined) {
    if (!isText(variant, KEY_PATTERN)) return false
    members += 1
  }
  if (arm !== undefined) {
    if (!isOneOf(arm, ITEM.arms)) return false
    members += 1
  }
  for (const text of [instance, rule]) {
    if (text === undefined) continue
    if (typeof text !== 'string' || text.length > ITEM.textLength) return false
    members += 1
  }
  return Object.keys(item).length === members
}

function isObject(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isOneOf(value: unknown, values: readonly string[]): boolean {
  return values.includes(value as string)
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
}

function isUnits(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.length <= LIMITS.eventsPerBatch &&
    value.every((unit) => isText(unit, ITEM.unit))
  )
}

function isBuckets(value: unknown): boolean {
  return Array.isArray(value) && value.every((bucket) => isWhole(bucket, 0, ITEM.lastBucket))
}
