import { canonicalJson } from '../canonical-json.ts'
import type {
  FlagConfiguration,
  JsonValue,
  Rule,
  Ruleset,
  RulesetFlag,
  RulesetSegment,
} from '../ruleset.ts'
import type { Flag, Segment } from '../schema/index.ts'
import { hideIdentifiers, hideSegment, saltOf } from './hide.ts'
import { resolve } from './layers.ts'
import type { Audience, ProjectState } from './state.ts'

/** What a ruleset is compiled for. */
export interface CompileTarget {
  /** `production` or `production/acme` */
  readonly scope: string
  readonly audience: Audience
  readonly epoch: string
}

/** Compiles the rulesets of one target, version after version. */
export type Compiler = (state: ProjectState) => Ruleset

/**
 * Compiles what one SDK key needs to evaluate locally, and nothing else: no flag that its audience may not see, no
 * other instance for a key of an instance, no name, note or owner. A pure function: equal inputs, equal bytes.
 */
export function compile(state: ProjectState, target: CompileTarget): Ruleset {
  return createCompiler(target)(state)
}

/**
 * A compiler that keeps what it compiled: a flag or segment that is the same object in the next state is the same
 * object in the next ruleset, so that a change costs only what it touches, and `diff` compares by reference.
 */
export function createCompiler(target: CompileTarget): Compiler {
  let memo = createMemo('')

  return (state) => {
    const project = state.project?.key ?? ''
    if (memo.project !== project) memo = createMemo(project) // Salts are made of it.
    const flags = compileFlags(state, memo, target)
    const segments = compileSegments(state, memo, { target, flags })
    return {
      spec: 1,
      project,
      scope: target.scope,
      epoch: target.epoch,
      version: state.version,
      flags: toSorted(flags),
      segments: toSorted(segments),
    }
  }
}

interface Memo {
  readonly project: string
  readonly flags: WeakMap<Flag, RulesetFlag>
  readonly segments: WeakMap<Segment, RulesetSegment>
  /** Segments that a compiled flag names. */
  readonly named: WeakMap<RulesetFlag, readonly string[]>
}

type Entries<T> = readonly (readonly [string, T])[]

function createMemo(project: string): Memo {
  return { project, flags: new WeakMap(), segments: new WeakMap(), named: new WeakMap() }
}

function compileFlags(
  state: ProjectState,
  memo: Memo,
  target: CompileTarget,
): Entries<RulesetFlag> {
  const visible = [...state.flags.values()].filter((flag) => isVisible(flag, target.audience))
  return visible.map((flag) => {
    const compiled = remember(memo.flags, flag, () => compileFlag(flag, memo.project, target))
    return [flag.key, compiled]
  })
}

/** Only segments that one of the flags names. */
function compileSegments(
  state: ProjectState,
  memo: Memo,
  { target, flags }: { target: CompileTarget; flags: Entries<RulesetFlag> },
): Entries<RulesetSegment> {
  const named = new Set(
    flags.flatMap(([, flag]) => remember(memo.named, flag, () => segmentsOf(flag))),
  )
  const wanted = [...state.segments.values()].filter(({ key }) => named.has(key))
  return wanted.map((segment) => {
    const compiled = remember(memo.segments, segment, () =>
      compileSegment(segment, memo.project, target),
    )
    return [segment.key, compiled]
  })
}

function isVisible(flag: Flag, audience: Audience): boolean {
  return flag.archivedAt === undefined && (audience === 'server' || flag.clientVisible)
}

function compileFlag(flag: Flag, project: string, target: CompileTarget): RulesetFlag {
  const { scope, audience } = target
  const finish = (configuration: FlagConfiguration) =>
    audience === 'client'
      ? hideIdentifiers(withoutNames(configuration), saltOf(project, `flag:${flag.key}`))
      : withoutNames(configuration)
  const base = finish(resolve(flag, scope).configuration)
  const instances = audience === 'server' ? differingInstances(flag, scope, base, finish) : []
  const variants = flag.variants.map(({ key, value }) => [key, value as JsonValue] as const)

  return {
    type: flag.type,
    variants: toSorted(variants),
    ...base,
    ...(flag.prerequisites.length === 0 ? {} : { prerequisites: flag.prerequisites }),
    ...(instances.length === 0 ? {} : { instances: toSorted(instances) }),
  }
}

/** Configurations of an environment's instances that differ from the environment's own. */
function differingInstances(
  flag: Flag,
  environment: string,
  base: FlagConfiguration,
  finish: (configuration: FlagConfiguration) => FlagConfiguration,
): (readonly [string, FlagConfiguration])[] {
  if (environment.includes('/')) return []
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

function compileSegment(segment: Segment, project: string, target: CompileTarget): RulesetSegment {
  const { include, exclude, when } = segment
  const compiled = { include, exclude, when }
  return target.audience === 'client'
    ? hideSegment(compiled, saltOf(project, `segment:${segment.key}`))
    : compiled
}

function segmentsOf(flag: RulesetFlag): readonly string[] {
  const configurations = [flag, ...Object.values(flag.instances ?? {})]
  return configurations.flatMap(({ rules = [], rollout }) => [
    ...(rollout?.segments ?? []),
    ...rules
      .flatMap(({ when }) => when.flat())
      .filter(({ op }) => op === 'segment')
      .flatMap(({ values }) => values.map(String)),
  ])
}

function remember<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}

function toSorted<V>(entries: readonly (readonly [string, V])[]): Record<string, V> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
