import { canonicalJson } from '../../canonical-json.ts'
import { sortedByKey } from '../../ruleset/items.ts'
import type { FlagConfiguration, JsonValue, RulesetFlag } from '../../ruleset/wire.ts'
import type { Flag } from '../../schema/index.ts'
import { buildScope, environmentOf, instanceOf } from '../../scope.ts'
import { readsTags } from '../instance-tags.ts'
import { layerOf, withoutRuleNames } from '../layers.ts'
import { segmentsNamedBy } from '../named-segments.ts'
import { readsInstance } from '../resolved-clauses.ts'
import { NO_REVISIONS, revisionIn } from '../revisions.ts'
import {
  ownConfiguration,
  type ServingState,
  servedConfiguration,
} from '../served-configuration.ts'
import { specialInstances } from '../special-instances.ts'
import type { Audience, FlagRevisions } from '../state.ts'
import { compileRules, hashedWith, saltOf, withTwins } from './hash-identifiers.ts'

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
  /** A rule reads the key or a tag of the instance. */
  readonly isSelective: boolean
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
  const compiled = forms.flags.get(name) ?? compileUncached(flag, target)
  forms.flags.set(name, compiled)
  return compiled
}

function formsOf(flag: Flag, { state }: FlagTarget): CompiledForms {
  const own = state.flagRevisions.get(flag.key) ?? NO_REVISIONS
  const { segmentRevisions: segments, instanceRevisions: instances } = state
  const known = cache.get(flag)
  if (known?.segments === segments && known.instances === instances && known.own === own)
    return known

  const isSelective = readsTags(flag) || readsInstance(flag)
  const forms = { segments, instances, own, isSelective, flags: new Map() }
  cache.set(flag, forms)
  return forms
}

/** Checks that a scope is an instance's in which the flag is compiled as in any other instance. */
function isPlain(
  flag: Flag,
  { scope, state }: FlagTarget,
  { isSelective }: CompiledForms,
): boolean {
  const instance = instanceOf(scope)
  if (instance === undefined || isSelective || layerOf(flag, scope) !== undefined) return false
  return !state.instanceRevisions.get(instance)?.retirement
}

function compileUncached(flag: Flag, target: FlagTarget): RulesetFlag {
  const own = ownConfiguration(target.state, flag, target.scope)
  const base = compileConfiguration(flag, own, target)
  const instances = compileInstances(flag, target, base)
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

/** Compiles the configurations of instances that differ from that of their environment. */
function compileInstances(
  flag: Flag,
  target: FlagTarget,
  base: FlagConfiguration,
): readonly (readonly [instance: string, FlagConfiguration])[] {
  const { scope, audience, state } = target
  if (audience === 'client' || instanceOf(scope) !== undefined) return []
  const special = specialInstances(state, flag, scope)
  if (special.length === 0) return []
  const baseText = canonicalJson(base)
  return special
    .map((key) => {
      const served = servedConfiguration(state, flag, buildScope(scope, key))
      return [key, compileConfiguration(flag, served, target)] as const
    })
    .filter(([, configuration]) => canonicalJson(configuration) !== baseText)
}

function compileConfiguration(
  flag: Flag,
  { rules, ...configuration }: FlagConfiguration,
  { project, audience }: FlagTarget,
): FlagConfiguration {
  // Only editors read the names of rules.
  const unnamed = { ...configuration, ...(rules && { rules: withoutRuleNames(rules) }) }
  const isClient = audience === 'client'
  return compileRules(
    unnamed,
    isClient ? hashedWith(saltOf(project, `flag:${flag.key}`)) : withTwins,
  )
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
