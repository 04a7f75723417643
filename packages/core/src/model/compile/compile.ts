import { diffItems, type Items, patchItems } from '../../ruleset/items.ts'
import type { Ruleset, RulesetFlag, RulesetSegment } from '../../ruleset/wire.ts'
import type { Flag, Segment } from '../../schema/index.ts'
import type { Audience, ProjectState } from '../state.ts'
import { changedKeys } from './changed-keys.ts'
import { compileFlag, compileSegment, isVisible, segmentsOf } from './compile-flag.ts'

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
 * Compiles what one SDK key needs to evaluate locally, and nothing else: no flag that its audience
 * may not see, no other instance for a key of an instance, no name, note or owner. A pure function:
 * equal inputs, equal bytes.
 */
export function compile(state: ProjectState, target: CompileTarget): Ruleset {
  return createCompiler(target)(state)
}

/**
 * A compiler that goes on from what it compiled last: only what is another object in the next state
 * is compiled again. What comes out the same stays the same object, also the whole of `flags` or
 * `segments`, so that `diff` and the many scopes that a change does not concern take next to no
 * time.
 */
export function createCompiler(target: CompileTarget): Compiler {
  let last = nothingFor('')

  return (state) => {
    const project = state.project?.key ?? ''
    if (last.project !== project) last = nothingFor(project) // Salts are made of it.
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

/** What was compiled last, and from what. */
interface Progress {
  readonly project: string
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  readonly segmentRevisions: ReadonlyMap<string, number>
  readonly compiledFlags: Items<RulesetFlag>
  readonly compiledSegments: Items<RulesetSegment>
}

function nothingFor(project: string): Progress {
  return {
    project,
    flags: new Map(),
    segments: new Map(),
    segmentRevisions: new Map(),
    compiledFlags: {},
    compiledSegments: {},
  }
}

function advance(last: Progress, state: ProjectState, target: CompileTarget): Progress {
  const { project } = last
  const { flags, segments } = state
  const concerned = new Set([
    ...changedKeys(last.flags, flags),
    ...flagsOfChangedSegments(last, state),
  ])
  const compiledFlags = replace(last.compiledFlags, [...concerned], (key) => {
    const flag = flags.get(key)
    if (flag === undefined || !isVisible(flag, target.audience)) return undefined
    return compileFlag(flag, { ...target, project, revisions: state })
  })
  const isSame = compiledFlags === last.compiledFlags && segments === last.segments
  const compiledSegments = isSame
    ? last.compiledSegments
    : compileSegments({ ...last, compiledFlags }, segments, target.audience)
  return {
    project,
    flags,
    segments,
    segmentRevisions: state.segmentRevisions,
    compiledFlags,
    compiledSegments,
  }
}

/** A flag that names a segment has a new revision with it. */
function flagsOfChangedSegments(
  { segmentRevisions: before, compiledFlags }: Progress,
  { segmentRevisions: after }: ProjectState,
): readonly string[] {
  if (before === after) return []
  const isNew = (key: string) => before.get(key) !== after.get(key)
  return Object.keys(compiledFlags).filter((key) => segmentsOf(compiledFlags[key]!).some(isNew))
}

/** Only segments that one of the flags names. */
function compileSegments(
  { project, segments: before, compiledFlags, compiledSegments }: Progress,
  segments: ReadonlyMap<string, Segment>,
  audience: Audience,
): Items<RulesetSegment> {
  const named = new Set(Object.values(compiledFlags).flatMap(segmentsOf))
  const held = Object.keys(compiledSegments)
  const come = [...named].filter((key) => !Object.hasOwn(compiledSegments, key))
  const gone = held.filter((key) => !named.has(key))
  const concerned = new Set([...changedKeys(before, segments), ...come, ...gone])
  return replace(compiledSegments, [...concerned], (key) => {
    const segment = named.has(key) ? segments.get(key) : undefined
    return segment && compileSegment(segment, project, audience)
  })
}

/** The items with some of them compiled anew; `undefined` is for what is not there. */
function replace<T>(
  items: Items<T>,
  keys: readonly string[],
  compiled: (key: string) => T | undefined,
): Items<T> {
  const before: [string, T][] = []
  const after: [string, T][] = []
  for (const key of keys) {
    if (Object.hasOwn(items, key)) before.push([key, items[key]!])
    const item = compiled(key)
    if (item !== undefined) after.push([key, item])
  }
  return patchItems(items, diffItems(Object.fromEntries(before), Object.fromEntries(after)))
}
