import { setTimeout as sleep } from 'node:timers/promises'
import type { FlaghoistError } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { isAppendConflict, type LogHead } from '../stores/change-log.ts'
import { checkWrite } from './check-write.ts'
import { type CommitOptions, commit } from './commit.ts'
import { damageOf, damageOfFile } from './damage.ts'
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
  const projects = new Map<string, ProjectWriter>()
  const changed = createListeners<[LiveProject, Change]>(onListenerError)
  const renewed = createListeners<[LiveProject]>(onListenerError)

  const open = (key: string): ProjectWriter => {
    const project = projects.get(key) ?? emptyProject(key)
    projects.set(key, project)
    return project
  }
  const find = (key: string) => requireServed(key, projects.get(key))
  const readNews = (project: ProjectWriter) =>
    catchUp(log, project, (change) => changed.tell(project, change))

  const commitInTurn = async (project: ProjectWriter, write: Write, caller: Caller) => {
    if (project.isBehind) await readNews(project)
    const committed = await commit(project, write, caller, options)
    if (committed.change) changed.tell(project, committed.change)
    return committed
  }
  const setEpoch = (project: ProjectWriter, epoch: string) => {
    const isRenewed = project.epoch !== '' && project.epoch !== epoch
    project.epoch = epoch
    if (isRenewed) renewed.tell(project)
  }
  const follow = ({ project: key, epoch, version }: LogHead) => {
    const project = open(key)
    return inTurn(project, async () => {
      if (project.damage) return
      setEpoch(project, epoch)
      if (version > project.state.version) await readNews(project)
    })
  }

  // Watched before the logs are read, so that no append falls between.
  log.watch((head) => void follow(head).catch(onListenerError))
  for (const head of await log.heads()) {
    const project = open(head.project)
    await inTurn(project, () => replaySafely(log, project, head))
  }
  const damaged = damageOf([...projects.values()])
  const readOnly = options.readOnly ?? damageOfFile(damaged)

  return {
    list: () => [...projects.values()].filter(isServed),
    get: find,
    damaged,
    readOnly,
    async commit(write, caller) {
      const project = write.createsProject ? open(write.project) : find(write.project)
      const obstacle = project.damage ?? readOnly
      if (obstacle !== undefined) throw obstacle
      return inTurn(project, () => retryConflicts(() => commitInTurn(project, write, caller)))
    },
    preview(write, caller) {
      const { state } = checkWrite(find(write.project), write, caller, policies)
      return { version: state.version, change: undefined, state }
    },
    onChange: changed.add,
    async renewEpoch(key) {
      const project = find(key)
      await inTurn(project, async () => setEpoch(project, await log.renewEpoch(key)))
    },
    onEpoch: renewed.add,
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
 * state.
 */
async function retryConflicts(commitOnce: () => Promise<Committed>): Promise<Committed> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await commitOnce()
    } catch (error) {
      if (!isAppendConflict(error) || attempt === MAX_APPEND_ATTEMPTS) throw error
      await sleep(Math.random() * CONFLICT_WAIT_MS)
    }
}
