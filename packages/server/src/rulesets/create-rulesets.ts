import { diff, type Ruleset } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { type Compiler, createCompiler } from '@flaghoist/core/model'
import type { LiveProject, Projects } from '../projects/projects.ts'
import { publish } from './published.ts'
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
  /** Stops following the changes. An entry follows them while it has listeners. */
  unfollow: () => void
}

/** Keeps the rulesets of all watched and recently used targets up to date with the changes. */
export function createRulesets(projects: Projects): Rulesets {
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

  return {
    current: (target) => entryOf(target).published,

    watch(target, listener) {
      const name = targetName(target)
      const entry = entryOf(target)
      if (entry.listeners.size === 0) entry.unfollow = follow(projects, entry)
      idle.delete(name)
      watched.set(name, entry)
      entry.listeners.add(listener)

      return () => {
        if (!entry.listeners.delete(listener) || entry.listeners.size > 0) return
        entry.unfollow()
        watched.delete(name)
        keepIdle(name, entry)
      }
    },
  }
}

function createEntry(target: RulesetTarget, project: LiveProject): Entry {
  const { epoch } = project
  const compile = createCompiler({ ...target, epoch })
  const digest = createDigester()
  const published = publish(compileWith(compile, project), digest)
  return { target, digest, listeners: new Set(), compile, epoch, published, unfollow: () => {} }
}

/**
 * Follows the changes for one target. A target that cannot be compiled does not keep a kill from
 * the others.
 */
function follow(projects: Projects, entry: Entry): () => void {
  const go = (project: LiveProject) => {
    if (project.key === entry.target.project) advance(entry, project)
  }
  return projects.onChange(go)
}

/** Compiles the ruleset of the project's current version, with the hash of its last change. */
function compileWith(compile: Compiler, { state, hashAt }: LiveProject): Ruleset {
  return { ...compile(state), hash: hashAt(state.version) }
}

/** Compiles a target for the project's current version, and calls its listeners with the patch. */
function advance(entry: Entry, project: LiveProject): void {
  const { epoch, state } = project
  const { ruleset: before } = entry.published
  const isRenewed = entry.epoch !== epoch
  if (!isRenewed && before.version === state.version) return

  if (isRenewed) entry.compile = createCompiler({ ...entry.target, epoch })
  entry.epoch = epoch
  entry.published = publish(compileWith(entry.compile, project), entry.digest)
  const { published } = entry
  if (entry.listeners.size === 0) return
  const patch = isRenewed ? undefined : diff(before, published.ruleset)
  for (const listener of entry.listeners) listener({ patch, published })
}
