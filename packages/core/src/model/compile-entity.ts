import { canonicalJson } from '../canonical-json.ts'
import { sortedByKey } from '../patch.ts'
import type { FlagConfiguration, JsonValue, Rule, RulesetFlag, RulesetSegment } from '../ruleset.ts'
import type { Flag, Segment } from '../schema/index.ts'
import { hideIdentifiers, hideSegment, saltOf } from './hide.ts'
import { resolve } from './layers.ts'
import type { Audience } from './state.ts'

/** A flag as one scope and audience gets it. */
export function compileFlag(
  flag: Flag,
  project: string,
  { scope, audience }: { readonly scope: string; readonly audience: Audience },
): RulesetFlag {
  const finish = (configuration: FlagConfiguration) =>
    audience === 'client'
      ? hideIdentifiers(withoutNames(configuration), saltOf(project, `flag:${flag.key}`))
      : withoutNames(configuration)
  const base = finish(resolve(flag, scope).configuration)
  const instances = audience === 'server' ? differingInstances(flag, scope, base, finish) : []
  const variants = flag.variants.map(({ key, value }) => [key, value as JsonValue] as const)

  return {
    type: flag.type,
    variants: sortedByKey(variants),
    ...base,
    ...(flag.prerequisites.length === 0 ? {} : { prerequisites: flag.prerequisites }),
    ...(instances.length === 0 ? {} : { instances: sortedByKey(instances) }),
  }
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

const named = new WeakMap<RulesetFlag, readonly string[]>()

/** Keys of the segments that a compiled flag names; looked for once. */
export function segmentsOf(flag: RulesetFlag): readonly string[] {
  const known = named.get(flag)
  if (known !== undefined) return known

  const configurations = [flag, ...Object.values(flag.instances ?? {})]
  const keys = configurations.flatMap(({ rules = [], rollout }) => [
    ...(rollout?.segments ?? []),
    ...rules
      .flatMap(({ when }) => when.flat())
      .filter(({ op }) => op === 'segment')
      .flatMap(({ values }) => values.map(String)),
  ])
  named.set(flag, keys)
  return keys
}

/** Configurations of an environment's instances that differ from the environment's own; an instance has none. */
function differingInstances(
  flag: Flag,
  environment: string,
  base: FlagConfiguration,
  finish: (configuration: FlagConfiguration) => FlagConfiguration,
): (readonly [string, FlagConfiguration])[] {
  const own = Object.keys(flag.layers).filter((scope) => scope.startsWith(`${environment}/`))
  return own
    .map((scope) => {
      const configuration = finish(resolve(flag, scope).configuration)
      return [scope.slice(environment.length + 1), configuration] as const
    })
    .filter(([, configuration]) => canonicalJson(configuration) !== canonicalJson(base))
}

/** Rule names are for people who edit rules. */
function withoutNames(configuration: FlagConfiguration): FlagConfiguration {
  if (configuration.rules === undefined) return configuration
  const rules = configuration.rules.map(({ name: _, ...rule }): Rule => rule)
  return { ...configuration, rules }
}
