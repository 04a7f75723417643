import { diff, type Ruleset, type RulesetPatch } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import {
  type Compiler,
  compileAhead,
  createCompiler,
  lastChangeFor,
  type ProjectState,
} from '@flaghoist/core/model'
import { localHash } from '../projects/local-writes.ts'
import type { LiveProject, Projects } from '../projects/projects.ts'
import { createFollower } from './follower.ts'
import { hashInSteps, publish } from './published.ts'
import {
  type PublishedRuleset,
  type Rulesets,
  type RulesetTarget,
  type RulesetUpdate,
  targetName,
} from './rulesets.ts'

/** Targets without watchers that stay compiled; the least recently used is evicted first. */
const MAX_IDLE = 1_000

type Listener = (update: RulesetUpdate) => void

interface Entry {
  readonly target: RulesetTarget
  readonly digest: ReturnType<typeof createDigester>
  readonly listeners: Set<Listener>
  compile: Compiler
  epoch: string
  published: PublishedRuleset
  /** The project's state for which the ruleset was compiled last. */
  state: ProjectState
  /** True if the ruleset may contain local writes; its hash is one of no log then. */
  isLocal: boolean
}

/**
 * Keeps the rulesets of all watched and recently used targets up to date with the changes.
 * @param onError receives the error of a target that cannot be compiled
 */
export function createRulesets(projects: Projects, onError: (error: unknown) => void): Rulesets {
  const watched = new Map<string, Entry>()
  /** Least recently used first. */
  const idle = new Map<string, Entry>()

  const keepIdle = (name: string, entry: Entry) => {
    idle.delete(name)
    idle.set(name, entry)
    if (idle.size > MAX_IDLE) idle.delete(idle.keys().next().value!)
  }
  const entryOf = (target: RulesetTarget): Entry => {
    const name = targetName(target)
    const project = projects.get(target.project)
    const entry = watched.get(name) ?? idle.get(name) ?? createEntry(target, project)
    if (entry.listeners.size === 0) keepIdle(name, entry)
    // A commit changes the state before its listeners run. The watchers of this entry are called
    // now, and not again.
    advance(entry, project)
    return entry
  }

  const advanceAll = createFollower<Entry>({
    *follow(entry) {
      // Nothing is published for a target that was deleted or left meanwhile.
      if (watched.get(targetName(entry.target)) === entry)
        yield* advanceInSteps(entry, projects.get(entry.target.project))
    },
    finish: ({ published }) => hashInSteps(published.ruleset),
    onError,
  })
  const follow = ({ key }: LiveProject) =>
    advanceAll([...watched.values()].filter(({ target }) => target.project === key))
  projects.onChange(follow)
  projects.onLocal(follow)
  projects.onDeleted((project) => {
    for (const entries of [watched, idle])
      for (const [name, { target }] of entries) if (target.project === project) entries.delete(name)
  })

  return {
    current(target, least = 0) {
      const entry = entryOf(target)
      const { ruleset } = entry.published
      if (ruleset.version < least) renumber(entry, projects.get(target.project))
      return entry.published
    },

    watch(target, listener) {
      const name = targetName(target)
      const entry = entryOf(target)
      idle.delete(name)
      watched.set(name, entry)
      entry.listeners.add(listener)

      return () => {
        if (!entry.listeners.delete(listener) || entry.listeners.size > 0) return
        // The entry of a deleted project is no longer found, and is not kept.
        if (watched.get(name) !== entry) return
        watched.delete(name)
        keepIdle(name, entry)
      }
    },
  }
}

function createEntry(target: RulesetTarget, project: LiveProject): Entry {
  const { epoch, state } = project
  const compile = createCompiler({ ...target, epoch })
  const digest = createDigester()
  // As a rule the number that clients hold since before a restart: they need no ruleset then.
  const version = lastChangeFor(state, target.scope)
  const isLocal = project.local.length > 0
  const name = nameOf(project, version, isLocal)
  const published = publish({ ...compile(state), ...name }, digest)
  return {
    target,
    digest,
    listeners: new Set(),
    compile,
    epoch,
    published,
    state,
    isLocal,
  }
}

/** The members of a ruleset that name a version of the log, with or without local writes. */
function nameOf(project: LiveProject, version: number, isLocal: boolean) {
  const hash = isLocal ? localHash(project, version) : project.hashAt(version)
  return { version, hash } satisfies Partial<Ruleset>
}

function* advanceInSteps(entry: Entry, project: LiveProject): Generator<void> {
  yield* compileAhead(entry.state, project.state, { ...entry.target, epoch: entry.epoch })
  advance(entry, project)
}

/** Compiles a target for the project's current state, and publishes the changed ruleset. */
function advance(entry: Entry, project: LiveProject): void {
  const { epoch, state } = project
  const isOtherLog = entry.epoch !== epoch
  if (!isOtherLog && entry.state === state) return

  if (isOtherLog) entry.compile = createCompiler({ ...entry.target, epoch })
  const isNewVersion = entry.state.version !== state.version
  entry.epoch = epoch
  entry.state = state
  const { ruleset: before } = entry.published
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
}

/** Publishes an unchanged ruleset with the number of the project's current version. */
function renumber(entry: Entry, project: LiveProject): void {
  const { ruleset: before } = entry.published
  const after = { ...before, ...nameOf(project, entry.state.version, entry.isLocal) }
  if (after.version > before.version) publishNext(entry, after, diff(before, after))
}

function publishNext(entry: Entry, ruleset: Ruleset, patch: RulesetPatch | undefined): void {
  entry.published = publish(ruleset, entry.digest)
  const { published } = entry
  for (const listener of entry.listeners) listener({ patch, published })
}
