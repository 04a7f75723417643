import { type Compiler, createCompiler } from '@flaghoist/core/model'
import { getOrSet } from '../get-or-set.ts'
import { runInTurns } from '../pause.ts'
import type { LiveProject, Projects } from '../projects/projects.ts'
import { type Announcer, announce, createAnnouncer, isAnnounced } from './announcements.ts'
import { advance, advanceInSteps, createEntry, type Entry, isAtNewest, renumber } from './entry.ts'
import { createFollower } from './follower.ts'
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
  // Nothing is published for a target that was deleted or left meanwhile.
  const isWatched = (entry: Entry) => watched.get(targetName(entry.target)) === entry
  const announcer = createAnnouncer(isWatched)
  followChanges(projects, { watched, isWatched, announcer, onError })

  const { isReady, prepareInSteps } = createPreparation(projects, entries, announcer)
  const ready = (target: RulesetTarget, least = 0) => {
    const entry = entries.known(target)
    return entry && isReady(entry, least) ? find(target).published : undefined
  }

  return {
    ready: (target) => ready(target),
    prepare(target, least = 0) {
      if (ready(target, least) !== undefined) return undefined
      const name = `${targetName(target)} ${least}`
      return getOrSet(preparing, name, () => {
        const steps = prepareInSteps(target, least)
        const prepared = runInTurns(steps).finally(() => preparing.delete(name))
        // The client may leave before it awaits this.
        prepared.catch(() => undefined)
        return prepared
      })
    },

    current(target, least = 0) {
      const entry = find(target)
      const { ruleset } = entry.published
      if (ruleset.version < least) renumber(entry, projects.get(target.project))
      // The client's stream must not begin with an older version than the client holds.
      if (entry.announced < least) announce(entry)
      return entry.published
    },

    watch(target, watcher) {
      const name = targetName(target)
      const entry = find(target)
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

/** The preparation of rulesets, in small steps. */
function createPreparation(
  projects: Projects,
  { known, find }: ReturnType<typeof createEntries>,
  announcer: Announcer<Entry>,
) {
  const isReady = (entry: Entry, least: number) =>
    entry.published.isHashed &&
    isAtNewest(entry, projects.get(entry.target.project)) &&
    isAnnounced(entry, least)
  function* prepareInSteps(target: RulesetTarget, least: number): Generator<void> {
    const entry = known(target) ?? (yield* createInSteps(target))
    // A change, or the end of the project, may come between the steps.
    while (known(target) === entry && !isReady(entry, least)) {
      yield* advanceInSteps(entry, projects.get(target.project))
      yield* entry.published.hash()
      if (!isAnnounced(entry, least)) yield* announcer.announceAll(entry)
    }
  }
  function* createInSteps(target: RulesetTarget): Generator<void, Entry> {
    const { epoch, state } = projects.get(target.project)
    const compile = createCompiler({ ...target, epoch })
    yield* compile.ahead(state)
    const isSameLog = projects.get(target.project).epoch === epoch
    return find(target, isSameLog ? compile : undefined)
  }
  return { isReady, prepareInSteps }
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
  const known = (target: RulesetTarget) => {
    const name = targetName(target)
    return watched.get(name) ?? idle.get(name)
  }
  return {
    watched: watched as ReadonlyMap<string, Entry>,
    known,
    /**
     * Returns the ruleset of a target in the project's current state.
     * @param compile compiler for a target that is not compiled yet
     */
    find(target: RulesetTarget, compile?: Compiler): Entry {
      const project = projects.get(target.project)
      const entry = known(target) ?? createEntry(target, project, compile)
      if (entry.watchers.size === 0) keepIdle(targetName(target), entry)
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

interface Following {
  readonly watched: ReadonlyMap<string, Entry>
  readonly isWatched: (entry: Entry) => boolean
  readonly announcer: Announcer<Entry>
  readonly onError: (error: unknown) => void
}

/** Lets the watched targets follow the changes, and announces their updates. */
function followChanges(
  projects: Projects,
  { watched, isWatched, announcer, onError }: Following,
): void {
  const advanceAll = createFollower<Entry>({
    *follow(entry) {
      if (!isWatched(entry)) return undefined
      yield* advanceInSteps(entry, projects.get(entry.target.project))
      return yield* announcer.announceSoon(entry)
    },
    finish: ({ published }) => published.hash(),
    onError,
  })
  const follow = ({ key }: LiveProject) =>
    advanceAll([...watched.values()].filter(({ target }) => target.project === key))
  projects.onChange(follow)
  projects.onLocal(follow)
  projects.onReloaded(follow)
}
