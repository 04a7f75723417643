import { unitText } from '../hash.ts'

/**
 * Returns a value of a context as JSON would write it, one level deep (`docs/spec.md` §4): a date
 * becomes its text, a function nothing. JSON has no `bigint`: it becomes a number, or the text of
 * its digits where a number would lose some.
 */
export function jsonValue(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'number':
      return Number.isFinite(value) ? value : undefined
    case 'object':
      return hasToJson(value) ? value.toJSON() : value
    case 'function':
    case 'symbol':
      return undefined
    default:
      return value
  }
}

/** Returns the text of a unit of a context; undefined for a value that cannot be a unit. */
export function contextUnit(value: unknown): string | undefined {
  const isPlain = typeof value !== 'object' && typeof value !== 'bigint'
  return unitText(isPlain ? value : jsonValue(value))
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown } | null)?.toJSON === 'function'
}
