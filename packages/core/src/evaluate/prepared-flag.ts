import { DEV } from '../dev.ts'
import type { FlagType, JsonValue, Prerequisite } from '../ruleset/wire.ts'
import { isObject, isText, need } from '../shape.ts'
import type { ClauseScope } from './clause.ts'
import { compileConfiguration, type PreparedConfiguration } from './configuration.ts'
import { type EvaluationContext, Resolution } from './resolution.ts'
import type { MakeResolution } from './serve.ts'

/** A flag, ready to be asked. */
export interface PreparedFlag {
  /** What it was made of. */
  readonly source: unknown
  readonly usesSegments: boolean
  readonly type: FlagType
  /** The only resolution, where nothing has to be asked. */
  readonly fixed: Resolution | undefined
  readonly base: PreparedConfiguration
  readonly instances: ReadonlyMap<unknown, PreparedConfiguration> | undefined
  readonly prerequisites: readonly Prerequisite[]
}

/**
 * Compiles a flag.
 * @throws {Error} that says what is wrong, for a flag that has not the shape of `docs/spec.md` §2
 */
export function prepareFlag(key: string, source: unknown, scope: ClauseScope): PreparedFlag {
  need(isObject(source), DEV && 'The flag is not an object.')
  const { type, variants, prerequisites = [], instances: configured = {} } = source
  need(isType(type), DEV && '"type" is not boolean, string, number or json.')
  need(isObject(variants), DEV && '"variants" is not an object.')
  for (const [variant, value] of Object.entries(variants)) {
    if (type === 'json') freeze(value)
    else need(typeof value === type, DEV && `The variant "${variant}" is not a ${type}.`)
  }
  need(
    Array.isArray(prerequisites) && prerequisites.every(isPrerequisite),
    DEV && '"prerequisites" is not a list of {flag, variants}.',
  )
  need(isObject(configured), DEV && '"instances" is not an object.')

  let usesSegments = false
  const clauses: ClauseScope = {
    ...scope,
    segment(segmentKey) {
      usesSegments = true
      return scope.segment?.(segmentKey)
    },
  }
  const entries = Object.entries(configured)
  const compile = (configuration: unknown) => {
    need(isObject(configuration), DEV && 'An instance has no configuration.')
    const { revision } = configuration
    const parts = { flag: key, isBoolean: type === 'boolean', revision: Number(revision) || 0 }
    const make: MakeResolution = (variant, reason, flagMetadata, unit) => {
      need(
        isText(variant) && Object.hasOwn(variants, variant),
        DEV && `The flag serves ${JSON.stringify(variant)}, which it does not define.`,
      )
      const value = variants[variant] as JsonValue
      return new Resolution({ ...parts, unit }, [variant, value], reason, flagMetadata)
    }
    return compileConfiguration(configuration, {
      clauses,
      make,
      hasPrerequisites: prerequisites.length > 0,
      hasInstances: entries.length > 0,
    })
  }

  const base = compile(source)
  const instances = entries.map(([key, value]) => [key, compile(value)] as const)
  const isSame = instances.length === 0
  return {
    source,
    usesSegments,
    type,
    fixed: isSame ? base.fixed : undefined,
    base,
    instances: isSame ? undefined : new Map(instances),
    prerequisites,
  }
}

/** The configuration that a context asks, step 2 of `docs/spec.md` §3. */
export function configurationFor(
  { base, instances }: PreparedFlag,
  { instance }: EvaluationContext,
): PreparedConfiguration {
  return instances?.get(instance) ?? base
}

function isType(type: unknown): type is FlagType {
  return type === 'boolean' || type === 'string' || type === 'number' || type === 'json'
}

/** Every asker gets the same object, so nobody may change it. Without recursion: JSON can be deep. */
function freeze(value: unknown): void {
  const waiting = [value]
  for (const next of waiting) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    for (const member of Object.values(Object.freeze(next))) waiting.push(member)
  }
}

function isPrerequisite(item: unknown): item is Prerequisite {
  return isObject(item) && isText(item.flag) && Array.isArray(item.variants)
}
