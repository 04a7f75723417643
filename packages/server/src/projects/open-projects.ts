import { setTimeout as sleep } from 'node:timers/promises'
import type { FlaghoistError } from '@flaghoist/core'
import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { isAppendConflict } from '../stores/change-log.ts'
import { checkWrite } from './check-write.ts'
import { type CommitOptions, commit } from './commit.ts'
import { damageOf, damageOfFile } from './damage.ts'
import { followLog } from './follow-log.ts'
import { createListeners } from './listeners.ts'
import {
  catchUp,
  emptyProject,
  inTurn,
  type ProjectWriter,
  replaySafely,
} from './project-writer.ts'
import type { Caller, Committed, LiveProject, Projects, Write } from './projects.ts'

export interface ProjectsOptions extends CommitOptions {
  /** The reason why the log rejects every write. @default undefined: it is writable */
  readonly readOnly?: FlaghoistError | undefined
  /** Receives the error of a listener that threw; the change stands all the same. */
  readonly onListenerError: (error: unknown) => void
}

/** Attempts of a write that loses its sequence number to other writers of the same log. */
const MAX_APPEND_ATTEMPTS = 50
/** A random wait up to this time breaks the lockstep of two writers, of which one always loses. */
const CONFLICT_WAIT_MS = 5

/**
 * Replays every log, verifies its hash chain, and opens the one write path. Follows the changes
 * that other processes append to the same logs. A project whose log is damaged is not served, so
 * that SDKs keep what they have; the others are.
 */
export async function openProjects(options: ProjectsOptions): Promise<Projects> {
  const { log, policies = [], onListenerError } = options
  const { all, open, find } = createRegistry()
  const changed = createListeners<[LiveProject, Change]>(onListenerError)

  const readNews = (project: ProjectWriter) =>
    catchUp(log, project, (change) => changed.emit(project, change))
  const readSoon = (project: ProjectWriter) =>
    (project.nextRead ??= inTurn(project, () => {
      project.nextRead = undefined
      return readNews(project)
    }))
  const catchUpWith = async (project: ProjectWriter, version: number) => {
    if (!project.damage && version > project.state.version) await readSoon(project)
  }
  const commitInTurn = async (project: ProjectWriter, write: Write, caller: Caller) => {
    if (project.isBehind) await readNews(project)
    const committed = await commit(project, write, caller, options)
    if (committed.change) changed.emit(project, committed.change)
    return committed
  }
  const previewInTurn = async (project: ProjectWriter, write: Write, caller: Caller) => {
    if (project.isBehind) await readNews(project)
    const { state, warnings } = checkWrite(project, write, caller, policies)
    return { version: state.version, change: undefined, state, warnings }
  }

  // Followed before the logs are read, so that no append falls between.
  const close = followLog(
    log,
    ({ project, version }) => catchUpWith(open(project), version),
    onListenerError,
  )
  for (const head of await log.heads()) {
    const project = open(head.project)
    await inTurn(project, () => replaySafely(log, project, head))
  }
  const damaged = damageOf(all())
  const readOnly = options.readOnly ?? damageOfFile(damaged)

  return {
    list: () => all().filter(isServed),
    get: find,
    damaged,
    readOnly,
    async commit(write, caller) {
      const project = write.createsProject ? open(write.project) : find(write.project)
      const obstacle = project.damage ?? readOnly
      if (obstacle !== undefined) throw obstacle
      return inTurn(project, () =>
        retryConflicts(project, () => commitInTurn(project, write, caller)),
      )
    },
    async preview(write, caller) {
      const project = find(write.project)
      return inTurn(project, () => previewInTurn(project, write, caller))
    },
    catchUp: async (key, version) => catchUpWith(find(key), version),
    onChange: changed.add,
    close,
  }
}

function createRegistry() {
  const projects = new Map<string, ProjectWriter>()
  return {
    all: () => [...projects.values()],
    /** Returns a project; an empty one if it does not exist yet. */
    open(key: string): ProjectWriter {
      const project = projects.get(key) ?? emptyProject(key)
      projects.set(key, project)
      return project
    },
    find: (key: string) => requireServed(key, projects.get(key)),
  }
}

/** A project exists from its first change on: a rejected creation leaves nothing behind. */
const isServed = ({ state, damage }: ProjectWriter): boolean =>
  state.version > 0 && damage === undefined

function requireServed(key: string, project: ProjectWriter | undefined): ProjectWriter {
  if (project?.damage !== undefined) throw project.damage
  if (project === undefined || !isServed(project))
    throw problem('PROJECT_NOT_FOUND', { project: key })
  return project
}

/**
 * Repeats a commit that lost its sequence number to another writer; each attempt plans on the newer
 * state. A conflict that brings no newer state is an error of the store, and ends the attempts.
 */
async function retryConflicts(
  project: ProjectWriter,
  commitOnce: () => Promise<Committed>,
): Promise<Committed> {
  let refused: ProjectState | undefined
  for (let attempt = 1; ; attempt += 1)
    try {
      return await commitOnce()
    } catch (error) {
      const isNew = project.state !== refused
      if (!isAppendConflict(error) || !isNew || attempt === MAX_APPEND_ATTEMPTS) throw error
      refused = project.state
      await sleep(Math.random() * CONFLICT_WAIT_MS)
    }
}
