import type { ClauseScope } from './clause.ts'
import { compileConfiguration, type PreparedConfiguration } from './configuration.ts'
import { type FlagScope, OutcomeFactory, ShapeError } from './flag-scope.ts'
import type { Outcome } from './outcome.ts'
import type { EvaluationContext } from './resolution.ts'
import type { FlagType, JsonValue, Prerequisite } from './ruleset.ts'
import { isObject } from './shape.ts'

/** A flag, ready to be asked. */
export interface PreparedFlag {
  readonly key: string
  readonly type: FlagType
  /** Every outcome that the flag has given or can give; exposures are counted in them. */
  readonly outcomes: readonly Outcome[]
  /** The only outcome, where nothing has to be asked. */
  readonly fixed: Outcome | undefined
  readonly base: PreparedConfiguration
  readonly instances: ReadonlyMap<string, PreparedConfiguration> | undefined
  readonly prerequisites: readonly Prerequisite[]
}

/** A flag that has not the shape of `docs/spec.md` §2: it answers with an error, and the others go on. */
export interface BrokenFlag {
  readonly key: string
  /** What is wrong with it. */
  readonly problem: string
}

/** Compiles a flag; total over anything that JSON can hold. */
export function prepareFlag(
  key: string,
  flag: unknown,
  clauses: ClauseScope,
): PreparedFlag | BrokenFlag {
  try {
    return compileFlag(key, flag, clauses)
  } catch (error) {
    if (error instanceof ShapeError) return { key, problem: error.message }
    throw error
  }
}

/** The configuration that a context asks, step 2 of `docs/spec.md` §3. */
export function configurationFor(
  flag: PreparedFlag,
  context: EvaluationContext,
): PreparedConfiguration {
  const { instances } = flag
  if (instances === undefined) return flag.base
  const { instance } = context
  return (typeof instance === 'string' ? instances.get(instance) : undefined) ?? flag.base
}

function compileFlag(key: string, flag: unknown, clauses: ClauseScope): PreparedFlag {
  if (!isObject(flag)) throw new ShapeError('The flag is not an object.')
  const type = readType(flag.type)
  const variants = readVariants(flag.variants, type)
  const prerequisites = readPrerequisites(flag.prerequisites ?? [])
  const outcomes = new OutcomeFactory(key, type, variants)
  const configured = readInstances(flag.instances ?? {})
  const scope: FlagScope = {
    clauses,
    outcomes,
    hasPrerequisites: prerequisites.length > 0,
    hasInstances: configured.length > 0,
  }

  const base = compileConfiguration(flag, scope)
  const instances = configured.map(([instance, configuration]) => {
    if (!isObject(configuration)) throw new ShapeError('An instance has no configuration.')
    return [instance, compileConfiguration(configuration, scope)] as const
  })
  return {
    key,
    type,
    outcomes: outcomes.all,
    fixed: instances.length === 0 ? base.fixed : undefined,
    base,
    instances: instances.length === 0 ? undefined : new Map(instances),
    prerequisites,
  }
}

function readType(type: unknown): FlagType {
  if (type === 'boolean' || type === 'string' || type === 'number' || type === 'json') return type
  throw new ShapeError('"type" is not boolean, string, number or json.')
}

function readVariants(variants: unknown, type: FlagType): Readonly<Record<string, JsonValue>> {
  if (!isObject(variants)) throw new ShapeError('"variants" is not an object.')
  for (const [key, value] of Object.entries(variants)) {
    if (type === 'json') freeze(value)
    else if (typeof value !== type) throw new ShapeError(`The variant "${key}" is not a ${type}.`)
  }
  return variants as Record<string, JsonValue>
}

/** Every asker gets the same object, so nobody may change it. Without recursion: JSON can be deep. */
function freeze(value: unknown): void {
  const waiting = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const member of Object.values(next)) waiting.push(member)
  }
}

function readInstances(instances: unknown): readonly [string, unknown][] {
  if (!isObject(instances)) throw new ShapeError('"instances" is not an object.')
  return Object.entries(instances)
}

function readPrerequisites(prerequisites: unknown): readonly Prerequisite[] {
  const isPrerequisite = (item: unknown) =>
    isObject(item) && typeof item.flag === 'string' && Array.isArray(item.variants)
  if (!Array.isArray(prerequisites) || !prerequisites.every(isPrerequisite))
    throw new ShapeError('"prerequisites" is not a list of {flag, variants}.')
  return prerequisites
}
