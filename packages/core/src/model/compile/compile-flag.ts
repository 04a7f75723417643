import { canonicalJson } from '../../canonical-json.ts'
import { sortedByKey } from '../../ruleset/items.ts'
import type {
  FlagConfiguration,
  JsonValue,
  Rollout,
  Rule,
  RulesetFlag,
  RulesetSegment,
} from '../../ruleset/wire.ts'
import type { Flag, Segment } from '../../schema/index.ts'
import { buildScope, environmentOf, instanceOf, parseScope } from '../../scope.ts'
import { type LayerConfiguration, resolve } from '../layers.ts'
import { revisionIn } from '../revisions.ts'
import type { Audience, FlagRevisions, ProjectState } from '../state.ts'
import { hideIdentifiers, hideSegment, saltOf } from './identifiers.ts'

/** What of a state a flag is compiled with, and for whom. */
export interface FlagTarget {
  readonly project: string
  readonly scope: string
  readonly audience: Audience
  readonly revisions: Pick<ProjectState, 'flagRevisions' | 'segmentRevisions'>
}

/** What a flag was compiled to, as long as what it was compiled with is the same. */
interface CompiledOnce {
  readonly segments: object
  readonly own: FlagRevisions
  readonly flags: Map<string, RulesetFlag>
}

const compiled = new WeakMap<Flag, CompiledOnce>()

/**
 * A flag as one scope and audience gets it. Most instances set nothing of a flag: they share what
 * their environment's layers come to.
 */
export function compileFlag(flag: Flag, target: FlagTarget): RulesetFlag {
  const { project, scope, audience, revisions } = target
  const own = revisions.flagRevisions.get(flag.key) ?? NO_REVISIONS
  const segments = revisions.segmentRevisions
  let known = compiled.get(flag)
  if (known?.segments !== segments || known.own !== own) {
    known = { segments, own, flags: new Map() }
    compiled.set(flag, known)
  }
  const { environment, instance } = parseScope(scope)
  const inherits = instance !== undefined && !Object.hasOwn(flag.layers, scope)
  const place = inherits ? `instance of ${environment}` : scope
  const name = [project, audience, place, revisionIn(own, scope)].join(' ')
  const found = known.flags.get(name) ?? compileAnew(flag, target, own)
  known.flags.set(name, found)
  return found
}

function compileAnew(flag: Flag, target: FlagTarget, own: FlagRevisions): RulesetFlag {
  const { project, scope, audience, revisions } = target
  const compileIn = (one: string): FlagConfiguration => {
    const configuration = withoutNames(resolve(flag, one).configuration)
    const segments = segmentsNamedBy(configuration)
    const seqs = segments.map((key) => revisions.segmentRevisions.get(key) ?? 0)
    const shown =
      audience === 'client'
        ? hideIdentifiers(configuration, saltOf(project, `flag:${flag.key}`))
        : configuration
    return { ...shown, revision: seqs.reduce((a, b) => Math.max(a, b), revisionIn(own, one)) }
  }
  const base = compileIn(scope)
  const places = audience === 'server' ? [...Object.keys(flag.layers), ...own.keys()] : []
  const instances = differingInstances(places, { scope, base, compileIn })
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

/** Whether an audience gets a flag. */
export function isVisible(flag: Flag, audience: Audience): boolean {
  return flag.archivedAt === undefined && (audience === 'server' || flag.clientVisible)
}

/** A segment as an audience gets it. */
export function compileSegment(
  { key, include, exclude, when }: Segment,
  project: string,
  audience: Audience,
): RulesetSegment {
  const compiled = { include, exclude, when }
  return audience === 'client' ? hideSegment(compiled, saltOf(project, `segment:${key}`)) : compiled
}

const NO_REVISIONS: FlagRevisions = new Map()
const named = new WeakMap<RulesetFlag, readonly string[]>()

/** Keys of the segments that a compiled flag names; looked for once. */
export function segmentsOf(flag: RulesetFlag): readonly string[] {
  const known = named.get(flag)
  if (known !== undefined) return known

  const keys = [flag, ...Object.values(flag.instances ?? {})].flatMap(segmentsNamedBy)
  named.set(flag, keys)
  return keys
}

/** Keys of the segments that a layer, or what layers come to, names. */
export function segmentsNamedBy({ rules, rollout }: NamesSegments): string[] {
  return [
    ...(rollout?.segments ?? []),
    ...(rules ?? [])
      .flatMap(({ when }) => when.flat())
      .filter(({ op }) => op === 'segment')
      .flatMap(({ values }) => values.map(String)),
  ]
}

interface NamesSegments {
  readonly rules?: readonly Pick<Rule, 'when'>[] | null | undefined
  readonly rollout?: Pick<Rollout, 'segments'> | null | undefined
}

/**
 * Configurations of an environment's instances that differ from the environment's own, be it only
 * since when they hold; an instance has none.
 */
function differingInstances(
  places: readonly string[],
  { scope, base, compileIn }: Environment,
): (readonly [string, FlagConfiguration])[] {
  const instances = new Set(
    places
      .filter((place) => environmentOf(place) === scope)
      .flatMap((place) => instanceOf(place) ?? []),
  )
  return [...instances]
    .map((instance) => [instance, compileIn(buildScope(scope, instance))] as const)
    .filter(([, configuration]) => canonicalJson(configuration) !== canonicalJson(base))
}

interface Environment {
  readonly scope: string
  readonly base: FlagConfiguration
  readonly compileIn: (scope: string) => FlagConfiguration
}

/** Rule names are for people who edit rules. */
function withoutNames(configuration: LayerConfiguration): LayerConfiguration {
  if (configuration.rules === undefined) return configuration
  const rules = configuration.rules.map(({ name: _, ...rule }): Rule => rule)
  return { ...configuration, rules }
}
