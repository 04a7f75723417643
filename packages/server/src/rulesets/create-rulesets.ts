import { type Compiler, createCompiler } from '@flaghoist/core/model'
import { getOrSet } from '../get-or-set.ts'
import { runInTurns } from '../pause.ts'
import type { LiveProject, Projects } from '../projects/projects.ts'
import { announce, createAnnouncer } from './announcements.ts'
import { advance, advanceInSteps, createEntry, type Entry, renumber } from './entry.ts'
import { createFollower } from './follower.ts'
import { hashInSteps } from './published.ts'
import { type Rulesets, type RulesetTarget, targetName } from './rulesets.ts'

/** Targets without watchers that stay compiled; the least recently used is evicted first. */
const MAX_IDLE = 1_000

/**
 * Keeps the rulesets of all watched and recently used targets up to date with the changes.
 * @param onError receives the error of a target that cannot be compiled
 */
export function createRulesets(projects: Projects, onError: (error: unknown) => void): Rulesets {
  const entries = createEntries(projects)
  const { watched, find } = entries
  const preparing = new Map<string, Promise<void>>()
  const isReady = (name: string) => entries.has(name) && !preparing.has(name)
  followChanges(projects, watched, onError)

  function* prepareInSteps(target: RulesetTarget): Generator<void> {
    const { epoch, state } = projects.get(target.project)
    const compile = createCompiler({ ...target, epoch })
    yield* compile.ahead(state)
    const isSameLog = projects.get(target.project).epoch === epoch
    const { published } = find(targetName(target), target, isSameLog ? compile : undefined)
    yield* hashInSteps(published.ruleset)
    yield* published.serialise()
  }

  return {
    prepare(target) {
      const name = targetName(target)
      if (isReady(name)) return undefined
      return getOrSet(preparing, name, () => {
        const prepared = runInTurns(prepareInSteps(target)).finally(() => preparing.delete(name))
        // The client may leave before it awaits this.
        prepared.catch(() => undefined)
        return prepared
      })
    },

    ready(target) {
      const name = targetName(target)
      return isReady(name) ? find(name, target).published : undefined
    },

    current(target, least = 0) {
      const entry = find(targetName(target), target)
      const { ruleset } = entry.published
      if (ruleset.version < least) renumber(entry, projects.get(target.project))
      // The client's stream must not begin with an older version than the client holds.
      if (entry.announced < least) announce(entry)
      return entry.published
    },

    watch(target, watcher) {
      const name = targetName(target)
      const entry = find(name, target)
      // The new watcher starts from the version that `current` returns.
      announce(entry)
      entries.keepWatched(name, entry)
      entry.watchers.add(watcher)

      return () => {
        if (!entry.watchers.delete(watcher) || entry.watchers.size > 0) return
        entry.waiting.length = 0
        // The entry of a deleted project is no longer found, and is not kept.
        if (watched.get(name) === entry) entries.keepIdle(name, entry)
      }
    },
  }
}

/** The rulesets of the targets that are watched or were used recently. */
function createEntries(projects: Projects) {
  const watched = new Map<string, Entry>()
  /** Least recently used first. */
  const idle = new Map<string, Entry>()
  let usedLast: Entry | undefined
  projects.onDeleted((project) => {
    for (const entries of [watched, idle])
      for (const [name, { target }] of entries) if (target.project === project) entries.delete(name)
  })

  const keepIdle = (name: string, entry: Entry) => {
    if (entry === usedLast && idle.has(name)) return
    usedLast = entry
    watched.delete(name)
    idle.delete(name)
    idle.set(name, entry)
    if (idle.size > MAX_IDLE) idle.delete(idle.keys().next().value!)
  }
  return {
    watched: watched as ReadonlyMap<string, Entry>,
    has: (name: string) => watched.has(name) || idle.has(name),
    /**
     * Returns the ruleset of a target, by its name, in the project's current state.
     * @param compile compiler for a target that is not compiled yet
     */
    find(name: string, target: RulesetTarget, compile?: Compiler): Entry {
      const project = projects.get(target.project)
      const entry = watched.get(name) ?? idle.get(name) ?? createEntry(target, project, compile)
      if (entry.watchers.size === 0) keepIdle(name, entry)
      // A commit changes the state before its listeners run.
      advance(entry, project)
      return entry
    },
    keepIdle,
    keepWatched(name: string, entry: Entry) {
      idle.delete(name)
      watched.set(name, entry)
    },
  }
}

/** Lets the watched targets follow the changes, and announces their updates. */
function followChanges(
  projects: Projects,
  watched: ReadonlyMap<string, Entry>,
  onError: (error: unknown) => void,
): void {
  // Nothing is published for a target that was deleted or left meanwhile.
  const isWatched = (entry: Entry) => watched.get(targetName(entry.target)) === entry
  const announceSoon = createAnnouncer(isWatched)
  const advanceAll = createFollower<Entry>({
    *follow(entry) {
      if (!isWatched(entry)) return undefined
      yield* advanceInSteps(entry, projects.get(entry.target.project))
      return yield* announceSoon(entry)
    },
    finish: ({ published }) => hashInSteps(published.ruleset),
    onError,
  })
  const follow = ({ key }: LiveProject) =>
    advanceAll([...watched.values()].filter(({ target }) => target.project === key))
  projects.onChange(follow)
  projects.onLocal(follow)
  projects.onReloaded(follow)
}
