import { hasEqualBytes, type Items, patchItems } from '../../ruleset/items.ts'
import type { Ruleset, RulesetFlag, RulesetSegment } from '../../ruleset/wire.ts'
import { runAtOnce } from '../../run-at-once.ts'
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
export interface Compiler {
  (state: ProjectState): Ruleset
  /** Compiles a state in small steps. A call for the same state costs little afterwards. */
  ahead(state: ProjectState): Generator<undefined, void>
}

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

  function* ahead(state: ProjectState): Generator<undefined, void> {
    const from = last
    const project = state.project?.key ?? ''
    // Salts depend on the project.
    const known = from.project === project ? from : emptyProgress(project)
    const next = yield* advance(known, state, target)
    // A call may have compiled a later state meanwhile.
    if (last === from) last = next
  }
  const compiler = (state: ProjectState): Ruleset => {
    runAtOnce(ahead(state))
    return {
      spec: 1,
      project: last.project,
      scope: target.scope,
      epoch: target.epoch,
      version: state.version,
      flags: last.compiledFlags,
      segments: last.compiledSegments,
    }
  }
  return Object.assign(compiler, { ahead })
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

function* advance(
  last: Progress,
  state: ProjectState,
  target: CompileTarget,
): Generator<undefined, Progress> {
  const { project } = last
  const { flags, segments } = state
  const affected = new Set([
    ...changedKeys(last.flags, flags),
    ...flagsOfChangedSegments(last, state),
    ...flagsOfChangedInstances(last, state),
  ])
  const compiledFlags = yield* recompile(last.compiledFlags, affected, (key) => {
    const flag = flags.get(key)
    if (flag === undefined || !isVisible(flag, target.audience)) return undefined
    const compiled = compileFlag(flag, { ...target, project, state })
    segmentsOf(compiled) // Finds them in this step, for `compileSegments`.
    return compiled
  })
  const isSame = compiledFlags === last.compiledFlags && segments === last.segments
  const compiledSegments = isSame
    ? last.compiledSegments
    : yield* compileSegments({ ...last, compiledFlags }, segments, target)
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
function* compileSegments(
  { project, segments: before, compiledFlags, compiledSegments }: Progress,
  segments: ReadonlyMap<string, Segment>,
  target: CompileTarget,
): Generator<undefined, Items<RulesetSegment>> {
  const named = new Set(Object.values(compiledFlags).flatMap(segmentsOf))
  const added = [...named].filter((key) => !Object.hasOwn(compiledSegments, key))
  const removed = Object.keys(compiledSegments).filter((key) => !named.has(key))
  const affected = new Set([...changedKeys(before, segments), ...added, ...removed])
  return yield* recompile(compiledSegments, affected, (key) => {
    const segment = named.has(key) ? segments.get(key) : undefined
    return segment && compileSegment(segment, { ...target, project })
  })
}

/** Recompiles some of the items, one in each step; `undefined` removes an item. */
function* recompile<T>(
  items: Items<T>,
  keys: Iterable<string>,
  compileItem: (key: string) => T | undefined,
): Generator<undefined, Items<T>> {
  const edits: [string, T | null][] = []
  for (const key of keys) {
    const before = Object.hasOwn(items, key) ? items[key] : undefined
    const item = compileItem(key)
    if (!hasEqualBytes(before, item)) edits.push([key, item ?? null])
    yield
  }
  return patchItems(items, Object.fromEntries(edits))
}
