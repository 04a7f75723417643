import { isObject } from '../shape.ts'
import { jsonValue } from './json-value.ts'
import type { EvaluationContext } from './resolution.ts'

/** The inputs of an attribute besides the context. */
export interface AttributeInputs {
  /** The instance of an instance's ruleset; it overrides the context's instance. */
  readonly instance: string | undefined
  /** The clock behind the attribute `$now`, epoch ms. */
  readonly now: (() => number) | undefined
}

/** Reads one attribute; returns `undefined` or `null` for a missing one. */
export type ReadAttribute = (context: EvaluationContext) => unknown

/**
 * Returns the reader of one attribute (`docs/spec.md` §4). Returns undefined for a plain attribute:
 * the caller reads `context[name]` itself, which is faster than a call.
 */
export function attributeReader(
  name: string,
  { instance, now }: AttributeInputs,
): ReadAttribute | undefined {
  if (name === '$now') return () => now?.()
  if (name === 'instance' && instance !== undefined) return () => instance
  // A plain read would find the names that every object inherits.
  if (!(name in Object.prototype || name.includes('.'))) return undefined

  const path = name.split('.')
  return (context) =>
    Object.hasOwn(context, name) ? context[name] : path.reduce<unknown>(memberOf, context)
}

/** Returns a member of an object: an own one, or one of its class, but not of every object. */
function memberOf(value: unknown, name: string): unknown {
  const object = jsonValue(value)
  if (!isObject(object)) return undefined
  return Object.hasOwn(object, name) || !(name in Object.prototype) ? object[name] : undefined
}
