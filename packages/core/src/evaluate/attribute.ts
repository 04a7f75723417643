import { isObject, isText } from '../shape.ts'
import type { EvaluationContext } from './resolution.ts'

/** What the readers of a ruleset know besides the context. */
export interface Surroundings {
  /** The instance of an instance's ruleset; it wins over the context's. */
  readonly instance: string | undefined
  /** Clock behind the attribute `$now`, epoch ms. */
  readonly now: (() => number) | undefined
}

export type ReadAttribute = (context: EvaluationContext) => unknown

/**
 * A function that reads one attribute; it gives `undefined` or `null` for a missing one (`docs/spec.md` §4). Undefined for an
 * attribute that is nothing but `context[name]`, which whoever asks reads fastest himself.
 */
export function attributeReader(
  name: string,
  { instance, now }: Surroundings,
): ReadAttribute | undefined {
  if (name === '$now') return () => now?.()
  if (name === 'instance' && instance !== undefined) return () => instance
  // A name that every object inherits would be found where nobody set it.
  if (!(name in Object.prototype || name.includes('.'))) return undefined

  const path = name.split('.')
  return (context) =>
    Object.hasOwn(context, name) ? context[name] : path.reduce<unknown>(member, context)
}

/** The text that a unit is bucketed or listed by; undefined for what cannot be one (`docs/spec.md` §5). */
export function unitText(value: unknown): string | undefined {
  if (isText(value)) return value
  return typeof value === 'boolean' || Number.isFinite(value) ? String(value) : undefined
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
