import { diff, type Ruleset, type RulesetPatch } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import {
  type Compiler,
  createCompiler,
  lastChangeFor,
  type ProjectState,
} from '@flaghoist/core/model'
import { localHash } from '../projects/local-writes.ts'
import type { LiveProject } from '../projects/projects.ts'
import { type Announcements, announce } from './announcements.ts'
import { isInLog } from './cursor.ts'
import { publish } from './published.ts'
import type { PublishedRuleset, RulesetTarget } from './rulesets.ts'

/** The ruleset of one target, version after version, and its watchers. */
export interface Entry extends Announcements {
  readonly target: RulesetTarget
  readonly digest: ReturnType<typeof createDigester>
  compile: Compiler
  epoch: string
  /** The newest version, which readers receive. */
  published: PublishedRuleset
  /** The project's state for which the ruleset was compiled last. */
  state: ProjectState
  /** True if the ruleset may contain local writes; its hash is one of no log then. */
  isLocal: boolean
}

/** @param compile compiler of the target, which may have compiled a state ahead */
export function createEntry(
  target: RulesetTarget,
  project: LiveProject,
  compile = createCompiler({ ...target, epoch: project.epoch }),
): Entry {
  const { epoch, state } = project
  const digest = createDigester()
  // As a rule the number that clients hold since before a restart: they need no ruleset then.
  const version = lastChangeFor(state, target.scope)
  const isLocal = project.local.length > 0
  const name = nameOf(project, version, isLocal)
  const published = publish({ ...compile(state), ...name }, digest)
  return {
    target,
    digest,
    watchers: new Set(),
    compile,
    epoch,
    published,
    waiting: [],
    announced: version,
    state,
    isLocal,
  }
}

/** The members of a ruleset that name a version of the log, with or without local writes. */
function nameOf(project: LiveProject, version: number, isLocal: boolean) {
  const hash = isLocal ? localHash(project, version) : project.hashAt(version)
  return { version, hash } satisfies Partial<Ruleset>
}

/** Lets a target follow its project in small steps: see {@link advance}. */
export function* advanceInSteps(entry: Entry, project: LiveProject): Generator<void> {
  let ahead: ProjectState
  do {
    ahead = project.state
    yield* entry.compile.ahead(ahead)
  } while (ahead !== project.state)
  advance(entry, project)
}

/** Checks that a target is compiled for the project's current state. */
export function isAtNewest(entry: Entry, { epoch, state }: LiveProject): boolean {
  return entry.epoch === epoch && entry.state === state
}

/** Compiles a target for the project's current state, and publishes the changed ruleset. */
export function advance(entry: Entry, project: LiveProject): void {
  if (isAtNewest(entry, project)) return

  const { epoch, state } = project
  const isOtherEpoch = entry.epoch !== epoch
  if (isOtherEpoch) entry.compile = createCompiler({ ...entry.target, epoch })
  const isNewVersion = entry.state.version !== state.version
  entry.epoch = epoch
  entry.state = state
  const { ruleset: before } = entry.published
  // Another project of the same key, or a log that has lost the version.
  const isOtherLog = !isInLog(before, project)
  const compiled = entry.compile(state)
  // The compiler returns the same objects for equal flags and segments.
  const isSame = compiled.flags === before.flags && compiled.segments === before.segments
  const isLocal = project.local.length > 0
  // A ruleset whose local writes were committed or dropped gets a name of the log again.
  if (isSame && !isOtherLog && (!entry.isLocal || isLocal)) return

  entry.isLocal = isLocal
  const version = isNewVersion || isOtherLog ? state.version : before.version
  const after = { ...compiled, ...nameOf(project, version, isLocal) }
  // A patch leads to a later version, and a local write has none.
  const isNext = !isOtherLog && version > before.version
  publishNext(entry, after, isNext ? diff(before, after) : undefined)
  // The versions of the other log do not count on.
  if (isOtherLog) announce(entry)
}

/** Publishes an unchanged ruleset with the number of the project's current version. */
export function renumber(entry: Entry, project: LiveProject): void {
  const { ruleset: before } = entry.published
  const after = { ...before, ...nameOf(project, entry.state.version, entry.isLocal) }
  if (after.version > before.version) publishNext(entry, after, diff(before, after))
}

/** Publishes a ruleset to readers, and lets the watchers wait for it. */
function publishNext(entry: Entry, ruleset: Ruleset, patch: RulesetPatch | undefined): void {
  entry.published = publish(ruleset, entry.digest)
  entry.waiting.push({ patch, published: entry.published })
  if (entry.watchers.size === 0) announce(entry)
}
