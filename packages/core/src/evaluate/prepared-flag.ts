import { DEV } from '../dev.ts'
import {
  CALLERS_DEFAULT,
  type FlagType,
  type JsonValue,
  type Prerequisite,
} from '../ruleset/wire.ts'
import { assertShape, isObject, isText } from '../shape.ts'
import type { ClauseInputs } from './clause.ts'
import { type PreparedConfiguration, prepareConfiguration } from './configuration.ts'
import { type EvaluationContext, Resolution, type ResolutionParts } from './resolution.ts'
import type { CreateResolution } from './serve.ts'

/** A flag in its form for evaluation. */
export interface PreparedFlag {
  readonly usesSegments: boolean
  readonly type: FlagType
  /** The only resolution of a flag that is equal for all contexts. */
  readonly fixed: Resolution | undefined
  readonly base: PreparedConfiguration
  readonly instances: ReadonlyMap<unknown, PreparedConfiguration> | undefined
  readonly prerequisites: readonly Prerequisite[]
}

/**
 * Prepares a flag.
 * @throws {Error} with the defect, for a flag that does not have the shape of `docs/spec.md` §2
 */
export function prepareFlag(key: string, source: unknown, inputs: ClauseInputs): PreparedFlag {
  assertShape(isObject(source), DEV && 'The flag must be an object.')
  const { type, variants, prerequisites = [], instances: configured = {} } = source
  assertShape(isType(type), DEV && '"type" must be boolean, string, number or json.')
  assertShape(isObject(variants), DEV && '"variants" must be an object.')
  for (const [variant, value] of Object.entries(variants)) {
    if (type === 'json') freeze(value)
    else
      assertShape(
        typeof value === type,
        DEV && `The value of variant "${variant}" must be a ${type}.`,
      )
  }
  assertShape(
    Array.isArray(prerequisites) && prerequisites.every(isPrerequisite),
    DEV && '"prerequisites" must be a list of {flag, variants}.',
  )
  assertShape(isObject(configured), DEV && '"instances" must be an object.')

  let usesSegments = false
  const clauses: ClauseInputs = {
    ...inputs,
    segment(segmentKey) {
      usesSegments = true
      return inputs.segment?.(segmentKey)
    },
  }
  const entries = Object.entries(configured)
  const prepare = (configuration: unknown) => {
    assertShape(
      isObject(configuration),
      DEV && 'The configuration of an instance must be an object.',
    )
    return prepareConfiguration(configuration, {
      clauses,
      make: resolutionMaker(key, configuration.revision, type, variants),
      hasPrerequisites: prerequisites.length > 0,
      hasInstances: entries.length > 0,
    })
  }

  const base = prepare(source)
  // The compiler gives many instances the same configuration after a kill by tag and its revert.
  const known = new Map<unknown, PreparedConfiguration>()
  const prepareOnce = (configuration: unknown) => {
    const prepared = known.get(configuration) ?? prepare(configuration)
    known.set(configuration, prepared)
    return prepared
  }
  const instances = entries.map(([instance, value]) => [instance, prepareOnce(value)] as const)
  const isUniform = instances.length === 0
  return {
    usesSegments,
    type,
    fixed: isUniform ? base.fixed : undefined,
    base,
    instances: isUniform ? undefined : new Map(instances),
    prerequisites,
  }
}

function resolutionMaker(
  flag: string,
  revision: unknown,
  type: FlagType,
  variants: Readonly<Record<string, unknown>>,
): CreateResolution {
  const isBoolean = type === 'boolean'
  const plain = { flag, isBoolean, revision: Number(revision) || 0, unit: undefined }
  // A configuration compares one unit at most, so its resolutions share two objects.
  let compared: ResolutionParts = plain
  return (variant, reason, flagMetadata, unit) => {
    if (unit !== undefined && compared.unit !== unit) compared = { ...plain, unit }
    const parts = unit === undefined ? plain : compared
    if (variant === CALLERS_DEFAULT)
      return new Resolution(parts, [undefined, undefined], reason, flagMetadata)
    assertShape(
      isText(variant) && Object.hasOwn(variants, variant),
      DEV && `The flag serves ${JSON.stringify(variant)}, but does not define this variant.`,
    )
    const value = variants[variant] as JsonValue
    return new Resolution(parts, [variant, value], reason, flagMetadata)
  }
}

/** Returns the configuration for a context: step 2 of `docs/spec.md` §3. */
export function configurationFor(
  { base, instances }: PreparedFlag,
  context: EvaluationContext,
): PreparedConfiguration {
  return instances === undefined ? base : (instances.get(context.instance) ?? base)
}

function isType(type: unknown): type is FlagType {
  return type === 'boolean' || type === 'string' || type === 'number' || type === 'json'
}

/** Freezes a value, because all callers share it. A loop instead of recursion handles deep JSON. */
function freeze(value: unknown): void {
  const pending = [value]
  for (const next of pending) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    for (const member of Object.values(Object.freeze(next))) pending.push(member)
  }
}

function isPrerequisite(item: unknown): item is Prerequisite {
  return isObject(item) && isText(item.flag) && Array.isArray(item.variants)
}
