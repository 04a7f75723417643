import {
  type FlagConfiguration,
  type Issue,
  LIMITS,
  prepare,
  type Ruleset,
  type RulesetFlag,
} from '@flaghoist/core'
import {
  compile,
  layerKey,
  type ProjectState,
  parseLayerKey,
  segmentsInLayers,
} from '@flaghoist/core/model'
import type { Flag, LoggedEdit, Segment } from '@flaghoist/core/schema'
import { memoise } from '../memoise.ts'
import { createPause, mapInTurns } from '../pause.ts'
import { sizeText } from '../size-text.ts'

/** Flags that one turn compiles, and prepares with the segments that they name. */
const GROUP = 100
/** Flags that one turn compiles: each may have thousands of instances. */
const MEASURED_GROUP = 10

/** Environment → size of the flags of its ruleset, in bytes of JSON. */
export type RulesetSizes = ReadonlyMap<string, number>

/** A change before it is published, and the ruleset sizes before it. */
export interface Publication {
  readonly before: ProjectState
  readonly after: ProjectState
  readonly edits: readonly LoggedEdit[]
  readonly sizes: RulesetSizes
}

export interface GateResult {
  /** Edited flags that cannot be evaluated in an environment. */
  readonly broken: readonly Issue[]
  /** Rulesets that grow beyond their limit. */
  readonly tooLarge: readonly Issue[]
  readonly sizes: RulesetSizes
}

/**
 * The last check before a change is stored: compiles the edited flags in every environment, and
 * measures their rulesets. The ruleset of an environment also holds the configurations of its
 * instances, so it stands for all of them.
 */
export async function publishGate(publication: Publication): Promise<GateResult> {
  const { before, after, edits, sizes } = publication
  const pause = createPause()
  const touched = new Set((await mapInTurns(edits, (edit) => flagsOf(edit, after))).flat())
  const broken: Issue[] = []
  const tooLarge: Issue[] = []
  const measured = new Map<string, number>()
  for (const scope of after.environments.keys()) {
    const old = sizes.get(scope)
    let size = old ?? 0
    const compiled = old === undefined ? after.flags.keys() : touched
    for (const keys of await groupsOf(after, compiled, GROUP)) {
      const ruleset = compileFlags(after, keys, scope)
      broken.push(...brokenFlags(ruleset))
      const removed = old === undefined ? 0 : flagBytes(compileFlags(before, keys, scope))
      size += flagBytes(ruleset) - removed
      await pause()
    }
    measured.set(scope, size)
    const total = size + segmentBytes(after)
    if (total > LIMITS.rulesetBytes && total > (old ?? 0) + segmentBytes(before))
      tooLarge.push(sizeIssue(scope, total))
  }
  return { broken, tooLarge, sizes: measured }
}

/** Measures the rulesets of all environments, in turns of the event loop that are short. */
export async function measureRulesets(state: ProjectState): Promise<RulesetSizes> {
  const pause = createPause()
  const sizes = new Map<string, number>()
  for (const scope of state.environments.keys()) {
    let bytes = 0
    for (const keys of await groupsOf(state, state.flags.keys(), MEASURED_GROUP)) {
      bytes += flagBytes(compileFlags(state, keys, scope))
      await pause()
    }
    sizes.set(scope, bytes)
  }
  return sizes
}

/** Flags of a ruleset that cannot be evaluated: prepares all of them. */
function brokenFlags(ruleset: Ruleset): readonly Issue[] {
  return [...prepare(ruleset).broken].map(([flag, message]) => ({
    path: `layer:${layerKey(flag, ruleset.scope)}`,
    message,
  }))
}

function sizeIssue(scope: string, bytes: number): Issue {
  const message = `The ruleset of "${scope}" would have ${sizeText(bytes)}; the limit is ${sizeText(LIMITS.rulesetBytes)}. Archive flags, or remove layers of instances.`
  return { path: `environment:${scope}`, message }
}

/**
 * Groups flags that one turn compiles. Those that name segments come together, because each group
 * prepares its segments, which may be large.
 */
async function groupsOf(
  { flags }: ProjectState,
  keys: Iterable<string>,
  size: number,
): Promise<readonly (readonly string[])[]> {
  const named = await mapInTurns([...keys], (key) => {
    return [key, namesSegments(flags.get(key))] as const
  })
  const ordered = named.sort(([, a], [, b]) => Number(a) - Number(b)).map(([key]) => key)
  const count = Math.ceil(ordered.length / size)
  return Array.from({ length: count }, (_, i) => ordered.slice(i * size, (i + 1) * size))
}

function namesSegments(flag: Flag | undefined): boolean {
  return flag !== undefined && segmentsInLayers(flag).length > 0
}

/** Compiles the ruleset of an environment with some of the flags of a state. */
function compileFlags(state: ProjectState, keys: readonly string[], scope: string): Ruleset {
  const flags = new Map(
    keys.flatMap((key) => state.flags.get(key) ?? []).map((one) => [one.key, one]),
  )
  return compile({ ...state, flags }, { scope, audience: 'server', epoch: '' })
}

function flagBytes({ flags }: Ruleset): number {
  return Object.entries(flags).reduce((sum, [key, flag]) => sum + jsonBytes(key) + bytesOf(flag), 0)
}

/**
 * Returns the size of a flag without the instances that a kill lists, or has left with nothing but
 * a revision of their own. A kill by tag passes every check and may list each flag in each
 * instance, so it takes no room from other writes.
 */
const bytesOf = memoise(({ instances = {}, ...flag }: RulesetFlag) => {
  const isKept = memoise((one: FlagConfiguration) => !one.killed && !isServedLike(one, flag))
  const kept = Object.entries(instances).filter(([, one]) => isKept(one))
  return jsonBytes(kept.length === 0 ? flag : { ...flag, instances: Object.fromEntries(kept) })
})

/** The members by which a configuration is served. */
const SERVED = ['on', 'off', 'killed', 'rules', 'rollout', 'fallthrough'] as const

/** Checks that an instance is served as its environment. */
function isServedLike(instance: FlagConfiguration, environment: FlagConfiguration): boolean {
  return SERVED.every(
    (name) => JSON.stringify(instance[name]) === JSON.stringify(environment[name]),
  )
}

const sizeOf = memoise((segment: Segment) => jsonBytes(segment))

/** The size of all segments: an upper bound for their part of a ruleset. */
function segmentBytes({ segments }: ProjectState): number {
  return [...segments.values()].reduce((sum, segment) => sum + sizeOf(segment), 0)
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/**
 * Keys of the flags whose compiled form an edit changes; a segment changes the revision of the
 * flags that use it.
 */
function flagsOf({ kind, key }: LoggedEdit, { flags }: ProjectState): readonly string[] {
  if (kind === 'flag') return [key]
  if (kind === 'layer') return [parseLayerKey(key).flag]
  if (kind !== 'segment') return []
  const users = [...flags.values()].filter((flag) => segmentsInLayers(flag).includes(key))
  return users.map((flag) => flag.key)
}
