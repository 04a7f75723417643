import { canonicalJson } from '../../canonical-json.ts'
import { sortedByKey } from '../../ruleset/items.ts'
import type { FlagConfiguration, JsonValue, RulesetFlag } from '../../ruleset/wire.ts'
import type { Flag, Layer } from '../../schema/index.ts'
import { buildScope, environmentOf, instanceOf } from '../../scope.ts'
import { readsInstances, retirementsIn } from '../instance-revisions.ts'
import { layerOf, withoutRuleNames } from '../layers.ts'
import { segmentsInLayers, segmentsNamedBy } from '../named-segments.ts'
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
  readonly segments: object | undefined
  readonly instances: object | string
  readonly own: FlagRevisions
  /** The numbers of the layers of instances: a kill by tag gives many instances the same one. */
  readonly layers: Map<Layer | undefined, number>
  readonly flags: Map<string, RulesetFlag>
}

const cache = new WeakMap<Flag, CompiledForms>()

/**
 * Compiles a flag for one scope and audience. Instances with the same layer share the compiled
 * flag: most have none, and a kill by tag gives thousands the same one.
 */
export function compileFlag(flag: Flag, target: FlagTarget): RulesetFlag {
  const { project, audience } = target
  const forms = formsOf(flag, target)
  const name = [project, audience, placeOf(flag, target, forms)].join(' ')
  const compiled = forms.flags.get(name) ?? compileUncached(flag, target)
  forms.flags.set(name, compiled)
  return compiled
}

function formsOf(flag: Flag, { state }: FlagTarget): CompiledForms {
  const own = state.flagRevisions.get(flag.key) ?? NO_REVISIONS
  const known = cache.get(flag)
  const segments = segmentsInLayers(flag).length > 0 ? state.segmentRevisions : undefined
  const { instanceRevisions } = state
  const instances = readsInstances(flag) ? instanceRevisions : retirementsIn(instanceRevisions)
  const isValid = known?.own === own && known.segments === segments && known.instances === instances
  if (isValid) return known

  const forms = { segments, instances, own, layers: new Map(), flags: new Map() }
  cache.set(flag, forms)
  return forms
}

/** Names the scopes in which a flag is compiled alike: those with the same layer and revision. */
function placeOf(
  flag: Flag,
  { scope, state }: Pick<FlagTarget, 'scope' | 'state'>,
  { own, layers }: CompiledForms,
): string {
  const instance = instanceOf(scope)
  const revision = revisionIn(own, scope)
  const isOwn = readsInstances(flag) || instance === undefined
  if (isOwn || state.instanceRevisions.get(instance)?.retirement) return `${scope} ${revision}`
  const layer = layerOf(flag, scope)
  const number = layers.get(layer) ?? layers.size
  layers.set(layer, number)
  return `instance of ${environmentOf(scope)} ${number} ${revision}`
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
  const forms = formsOf(flag, target)
  const alike = new Map<string, FlagConfiguration | undefined>()
  return special.flatMap((key) => {
    const own = buildScope(scope, key)
    const place = placeOf(flag, { scope: own, state }, forms)
    if (!alike.has(place)) {
      const served = servedConfiguration(state, flag, own)
      const configuration = compileConfiguration(flag, served, target)
      const differs = canonicalJson(configuration) !== baseText
      alike.set(place, differs ? withoutUnread(configuration) : undefined)
    }
    const configuration = alike.get(place)
    return configuration === undefined ? [] : [[key, configuration] as const]
  })
}

/**
 * Returns a configuration; if it is killed, without the rules and the rollout, which no evaluation
 * reads then. A kill by tag lists thousands of killed configurations.
 */
function withoutUnread(configuration: FlagConfiguration): FlagConfiguration {
  const { on, off, killed, revision } = configuration
  return killed ? { on, off, killed, fallthrough: { variant: off }, revision } : configuration
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

  // After a kill by tag, thousands of instances share a configuration.
  const keys = [...new Set([flag, ...Object.values(flag.instances ?? {})])].flatMap(segmentsNamedBy)
  namedSegments.set(flag, keys)
  return keys
}
