import { canonicalJson } from '../../canonical-json.ts'
import { sortedByKey } from '../../ruleset/items.ts'
import type { FlagConfiguration, JsonValue, RulesetFlag } from '../../ruleset/wire.ts'
import type { Flag } from '../../schema/index.ts'
import { buildScope, environmentOf, instanceOf, parseScope } from '../../scope.ts'
import { layerOf, resolveLayers, withoutRuleNames } from '../layers.ts'
import { segmentsNamedBy } from '../named-segments.ts'
import { revisionIn } from '../revisions.ts'
import type { Audience, FlagRevisions, ProjectState } from '../state.ts'
import { hashRules, saltOf } from './hash-identifiers.ts'

/** The inputs of a flag's compilation besides the flag. */
export interface FlagTarget {
  readonly project: string
  readonly scope: string
  readonly audience: Audience
  readonly revisions: Pick<ProjectState, 'flagRevisions' | 'segmentRevisions'>
}

/** The compiled forms of a flag. They stay valid while the revisions are the same objects. */
interface CompiledForms {
  readonly segments: object
  readonly own: FlagRevisions
  readonly flags: Map<string, RulesetFlag>
}

const cache = new WeakMap<Flag, CompiledForms>()
const NO_REVISIONS: FlagRevisions = new Map()

/**
 * Compiles a flag for one scope and audience. Instances without a layer share the compiled flag,
 * since most instances have none.
 */
export function compileFlag(flag: Flag, target: FlagTarget): RulesetFlag {
  const { project, scope, audience, revisions } = target
  const own = revisions.flagRevisions.get(flag.key) ?? NO_REVISIONS
  const segments = revisions.segmentRevisions
  let forms = cache.get(flag)
  if (forms?.segments !== segments || forms.own !== own) {
    forms = { segments, own, flags: new Map() }
    cache.set(flag, forms)
  }
  const { environment, instance } = parseScope(scope)
  const inherits = instance !== undefined && layerOf(flag, scope) === undefined
  const place = inherits ? `instance of ${environment}` : scope
  const name = [project, audience, place, revisionIn(own, scope)].join(' ')
  const compiled = forms.flags.get(name) ?? compileUncached(flag, target, own)
  forms.flags.set(name, compiled)
  return compiled
}

function compileUncached(flag: Flag, target: FlagTarget, own: FlagRevisions): RulesetFlag {
  const { scope, audience } = target
  const base = compileConfiguration(flag, target, own)
  const hasInstances = audience === 'server' && instanceOf(scope) === undefined
  const scopes = hasInstances ? [...Object.keys(flag.layers), ...own.keys()] : []
  const instances = instancesWithin(scope, scopes)
    .map((key) => {
      const inInstance = { ...target, scope: buildScope(scope, key) }
      return [key, compileConfiguration(flag, inInstance, own)] as const
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

function compileConfiguration(
  flag: Flag,
  { project, scope, audience, revisions }: FlagTarget,
  own: FlagRevisions,
): FlagConfiguration {
  const { configuration } = resolveLayers(flag, scope)
  const seqs = segmentsNamedBy(configuration).map((key) => revisions.segmentRevisions.get(key) ?? 0)
  // Only editors read the names of rules.
  const rules = configuration.rules && { rules: withoutRuleNames(configuration.rules) }
  const unnamed = { ...configuration, ...rules }
  const visible =
    audience === 'client' ? hashRules(unnamed, saltOf(project, `flag:${flag.key}`)) : unnamed
  return { ...visible, revision: seqs.reduce((a, b) => Math.max(a, b), revisionIn(own, scope)) }
}

/** The keys of the instances that some scopes name in an environment. */
function instancesWithin(environment: string, scopes: readonly string[]): readonly string[] {
  const keys = scopes
    .filter((scope) => environmentOf(scope) === environment)
    .flatMap((scope) => instanceOf(scope) ?? [])
  return [...new Set(keys)]
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
