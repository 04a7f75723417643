import { canonicalJson } from '../../canonical-json.ts'
import { sortedByKey } from '../../ruleset/items.ts'
import type { FlagConfiguration, JsonValue, RulesetFlag } from '../../ruleset/wire.ts'
import type { Flag } from '../../schema/index.ts'
import { buildScope, environmentOf, instanceOf } from '../../scope.ts'
import { tagsNamedBy } from '../instance-tags.ts'
import { layerOf, withoutRuleNames } from '../layers.ts'
import { segmentsNamedBy } from '../named-segments.ts'
import { NO_REVISIONS, revisionIn } from '../revisions.ts'
import { type ServingState, servedConfiguration } from '../served-configuration.ts'
import type { Audience, FlagRevisions } from '../state.ts'
import { hashRules, saltOf } from './hash-identifiers.ts'

/** The inputs of a flag's compilation besides the flag. */
export interface FlagTarget {
  readonly project: string
  readonly scope: string
  readonly audience: Audience
  readonly state: ServingState
}

/** The compiled forms of a flag. They stay valid while their inputs are the same objects. */
interface CompiledForms {
  readonly segments: object
  readonly instances: object
  readonly own: FlagRevisions
  readonly namesTags: boolean
  readonly flags: Map<string, RulesetFlag>
}

const cache = new WeakMap<Flag, CompiledForms>()

/**
 * Compiles a flag for one scope and audience. Instances without a layer share the compiled flag,
 * since most instances have none.
 */
export function compileFlag(flag: Flag, target: FlagTarget): RulesetFlag {
  const { project, scope, audience } = target
  const forms = formsOf(flag, target)
  const place = isPlain(flag, target, forms) ? `instance of ${environmentOf(scope)}` : scope
  const name = [project, audience, place, revisionIn(forms.own, scope)].join(' ')
  const compiled = forms.flags.get(name) ?? compileUncached(flag, target, forms)
  forms.flags.set(name, compiled)
  return compiled
}

function formsOf(flag: Flag, { state }: FlagTarget): CompiledForms {
  const own = state.flagRevisions.get(flag.key) ?? NO_REVISIONS
  const { segmentRevisions: segments, instanceRevisions: instances } = state
  const known = cache.get(flag)
  if (known?.segments === segments && known.instances === instances && known.own === own)
    return known

  const rules = Object.values(flag.layers).flatMap((layer) => layer.rules ?? [])
  const namesTags = tagsNamedBy(rules).length > 0
  const forms = { segments, instances, own, namesTags, flags: new Map() }
  cache.set(flag, forms)
  return forms
}

/** Checks that a scope is an instance's in which the flag is compiled as in any other instance. */
function isPlain(flag: Flag, { scope, state }: FlagTarget, { namesTags }: CompiledForms): boolean {
  const instance = instanceOf(scope)
  if (instance === undefined || namesTags || layerOf(flag, scope) !== undefined) return false
  return !state.instanceRevisions.get(instance)?.retirement
}

function compileUncached(flag: Flag, target: FlagTarget, forms: CompiledForms): RulesetFlag {
  const { scope, audience } = target
  const base = compileConfiguration(flag, target)
  const hasInstances = audience === 'server' && instanceOf(scope) === undefined
  const instances = (hasInstances ? specialInstances(flag, target, forms) : [])
    .map((key) => {
      const inInstance = { ...target, scope: buildScope(scope, key) }
      return [key, compileConfiguration(flag, inInstance)] as const
    })
    .filter(([, configuration]) => canonicalJson(configuration) !== canonicalJson(base))
  const variants = flag.variants.map(({ key, value }) => [key, value as JsonValue] as const)

  return {
    type: flag.type,
    variants: sortedByKey(variants),
    ...base,
    ...(flag.prerequisites.length === 0 ? {} : { prerequisites: flag.prerequisites }),
    ...(instances.length === 0 ? {} : { instances: sortedByKey(instances) }),
    ...(isVisible(flag, 'client') ? {} : { serverOnly: true as const }),
  }
}

/** The keys of the instances in an environment whose configuration may differ from its own. */
function specialInstances(
  flag: Flag,
  { scope: environment, state }: FlagTarget,
  { own, namesTags }: CompiledForms,
): readonly string[] {
  const layered = [...Object.keys(flag.layers), ...own.keys()]
    .filter((scope) => environmentOf(scope) === environment)
    .flatMap((scope) => instanceOf(scope) ?? [])
  const revised = [...state.instanceRevisions]
    .filter(([key, { retirement }]) => state.instances.has(key) && (namesTags || retirement > 0))
    .map(([key]) => key)
  return [...new Set([...layered, ...revised])]
}

function compileConfiguration(flag: Flag, target: FlagTarget): FlagConfiguration {
  const { project, scope, audience, state } = target
  const { rules, ...configuration } = servedConfiguration(state, flag, scope)
  // Only editors read the names of rules.
  const unnamed = { ...configuration, ...(rules && { rules: withoutRuleNames(rules) }) }
  return audience === 'client' ? hashRules(unnamed, saltOf(project, `flag:${flag.key}`)) : unnamed
}

/** Checks that an audience can see a flag. */
export function isVisible(flag: Flag, audience: Audience): boolean {
  return flag.archivedAt === undefined && (audience === 'server' || flag.clientVisible)
}

const namedSegments = new WeakMap<RulesetFlag, readonly string[]>()

/** Returns the keys of the segments that a compiled flag names; cached per flag. */
export function segmentsOf(flag: RulesetFlag): readonly string[] {
  const cached = namedSegments.get(flag)
  if (cached !== undefined) return cached

  const keys = [flag, ...Object.values(flag.instances ?? {})].flatMap(segmentsNamedBy)
  namedSegments.set(flag, keys)
  return keys
}
