import { diffItems, type Items, patchItems } from '../../ruleset/items.ts'
import type { Ruleset, RulesetFlag, RulesetSegment } from '../../ruleset/wire.ts'
import type { Flag, Segment } from '../../schema/index.ts'
import { readsInstances, retirementsIn } from '../instance-revisions.ts'
import { segmentsInLayers } from '../named-segments.ts'
import type { Audience, ProjectState } from '../state.ts'
import { changedKeys } from './changed-keys.ts'
import { compileFlag, isVisible, segmentsOf } from './compile-flag.ts'
import { compileSegment } from './compile-segment.ts'

/** The target of a ruleset. */
export interface CompileTarget {
  /** `production` or `production/acme` */
  readonly scope: string
  readonly audience: Audience
  readonly epoch: string
}

/** Compiles the rulesets of one target, version after version. */
export type Compiler = (state: ProjectState) => Ruleset

/**
 * Compiles the ruleset of one target. It contains only the data that local evaluation needs: no
 * flag that the audience cannot see, no other instance in an instance's ruleset, no names, notes or
 * owners. A pure function: equal inputs give equal bytes.
 */
export function compile(state: ProjectState, target: CompileTarget): Ruleset {
  return createCompiler(target)(state)
}

/**
 * Creates an incremental compiler. It recompiles only entities that are a different object in the
 * next state. Equal results stay the same objects, including the whole of `flags` or `segments`, so
 * that `diff` and unaffected scopes cost almost nothing.
 */
export function createCompiler(target: CompileTarget): Compiler {
  let last = emptyProgress('')

  return (state) => {
    const project = state.project?.key ?? ''
    if (last.project !== project) last = emptyProgress(project) // Salts depend on the project.
    last = advance(last, state, target)
    return {
      spec: 1,
      project,
      scope: target.scope,
      epoch: target.epoch,
      version: state.version,
      flags: last.compiledFlags,
      segments: last.compiledSegments,
    }
  }
}

/**
 * Compiles the flags that differ between two states, one in each step. A compiler of the same
 * target then takes them from the cache, so that it needs no long turn.
 */
export function* compileAhead(
  before: ProjectState,
  after: ProjectState,
  target: CompileTarget,
): Generator<void> {
  const project = after.project?.key ?? ''
  const isWide =
    before.segmentRevisions !== after.segmentRevisions ||
    before.instanceRevisions !== after.instanceRevisions
  for (const key of isWide ? after.flags.keys() : changedKeys(before.flags, after.flags)) {
    const flag = after.flags.get(key)
    if (flag !== undefined && isVisible(flag, target.audience))
      compileFlag(flag, { ...target, project, state: after })
    yield
  }
}

/** The last compilation and its inputs. */
interface Progress {
  readonly project: string
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  readonly segmentRevisions: ReadonlyMap<string, number>
  readonly instanceRevisions: ProjectState['instanceRevisions']
  readonly compiledFlags: Items<RulesetFlag>
  readonly compiledSegments: Items<RulesetSegment>
}

function emptyProgress(project: string): Progress {
  return {
    project,
    flags: new Map(),
    segments: new Map(),
    segmentRevisions: new Map(),
    instanceRevisions: new Map(),
    compiledFlags: {},
    compiledSegments: {},
  }
}

function advance(last: Progress, state: ProjectState, target: CompileTarget): Progress {
  const { project } = last
  const { flags, segments } = state
  const affected = new Set([
    ...changedKeys(last.flags, flags),
    ...flagsOfChangedSegments(last, state),
    ...flagsOfChangedInstances(last, state),
  ])
  const compiledFlags = recompile(last.compiledFlags, [...affected], (key) => {
    const flag = flags.get(key)
    if (flag === undefined || !isVisible(flag, target.audience)) return undefined
    return compileFlag(flag, { ...target, project, state })
  })
  const isSame = compiledFlags === last.compiledFlags && segments === last.segments
  const compiledSegments = isSame
    ? last.compiledSegments
    : compileSegments({ ...last, compiledFlags }, segments, target)
  return {
    project,
    flags,
    segments,
    segmentRevisions: state.segmentRevisions,
    instanceRevisions: state.instanceRevisions,
    compiledFlags,
    compiledSegments,
  }
}

/**
 * A change of a segment changes the revision of each flag whose layers name it, also if only a
 * resolved rule did.
 */
function flagsOfChangedSegments(
  { segmentRevisions: before, flags, compiledFlags }: Progress,
  { segmentRevisions: after }: ProjectState,
): readonly string[] {
  if (before === after) return []
  const isChanged = (key: string) => before.get(key) !== after.get(key)
  return Object.keys(compiledFlags).filter((key) =>
    segmentsInLayers(flags.get(key)!).some(isChanged),
  )
}

/** A retirement affects every flag, and a tag those whose rules read the instance. */
function flagsOfChangedInstances(
  { instanceRevisions: before }: Progress,
  { instanceRevisions: after, flags }: ProjectState,
): readonly string[] {
  if (before === after) return []
  const isWide = retirementsIn(before) !== retirementsIn(after)
  return [...flags.keys()].filter((key) => isWide || readsInstances(flags.get(key)!))
}

/** Compiles only the segments that a flag names. */
function compileSegments(
  { project, segments: before, compiledFlags, compiledSegments }: Progress,
  segments: ReadonlyMap<string, Segment>,
  target: CompileTarget,
): Items<RulesetSegment> {
  const named = new Set(Object.values(compiledFlags).flatMap(segmentsOf))
  const added = [...named].filter((key) => !Object.hasOwn(compiledSegments, key))
  const removed = Object.keys(compiledSegments).filter((key) => !named.has(key))
  const affected = new Set([...changedKeys(before, segments), ...added, ...removed])
  return recompile(compiledSegments, [...affected], (key) => {
    const segment = named.has(key) ? segments.get(key) : undefined
    return segment && compileSegment(segment, { ...target, project })
  })
}

/** Recompiles some of the items; `undefined` removes an item. */
function recompile<T>(
  items: Items<T>,
  keys: readonly string[],
  compileItem: (key: string) => T | undefined,
): Items<T> {
  const before: [string, T][] = []
  const after: [string, T][] = []
  for (const key of keys) {
    if (Object.hasOwn(items, key)) before.push([key, items[key]!])
    const item = compileItem(key)
    if (item !== undefined) after.push([key, item])
  }
  return patchItems(items, diffItems(Object.fromEntries(before), Object.fromEntries(after)))
}
