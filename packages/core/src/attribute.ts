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
 * A function that reads one attribute; it gives `undefined` or `null` for a missing one (`docs/spec.md` §4).
 */
export function attributeReader(name: string, surroundings: Surroundings): ReadAttribute {
  const { instance, now } = surroundings
  if (name === '$now') return () => now?.()
  if (name === 'instance' && instance !== undefined) return () => instance
  if (name === 'targetingKey') return (context) => context.targetingKey
  if (isPlain(name, surroundings)) return (context) => context[name]
  if (!name.includes('.')) return (context) => own(context, name)

  const path = name.split('.')
  return (context) => (Object.hasOwn(context, name) ? context[name] : walk(context, path))
}

/** Whether an attribute is nothing but `context[name]`: no path, nothing that the ruleset or the clock knows. */
export function isPlain(name: string, { instance }: Surroundings): boolean {
  // A name that every object inherits would be found where nobody set it.
  if (name === '$now' || name in Object.prototype || name.includes('.')) return false
  return name !== 'instance' || instance === undefined
}

/** The text that a unit is bucketed or listed by; undefined for what cannot be one (`docs/spec.md` §5). */
export function unitText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return undefined
}

function walk(context: unknown, path: readonly string[]): unknown {
  let value: unknown = context
  for (const part of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = own(value, part)
  }
  return value
}

function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
