import { setTimeout as sleep } from 'node:timers/promises'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { isAppendConflict, type LogHead } from '../stores/change-log.ts'
import { checkWrite } from './check-write.ts'
import { type CommitOptions, commit } from './commit.ts'
import { createListeners } from './listeners.ts'
import { catchUp, emptyProject, inTurn, type ProjectWriter, replay } from './project-writer.ts'
import type { Caller, Committed, LiveProject, Projects, Write } from './projects.ts'

export interface ProjectsOptions extends CommitOptions {
  /** Receives the error of a listener that threw; the change stands all the same. */
  readonly onListenerError: (error: unknown) => void
}

/** Attempts of a write that loses its sequence number to other writers of the same log. */
const MAX_APPEND_ATTEMPTS = 50
/** A random wait up to this time breaks the lockstep of two writers, of which one always loses. */
const CONFLICT_WAIT_MS = 5

/**
 * Replays every log, verifies its hash chain, and opens the one write path. Follows the changes
 * that other processes append to the same logs.
 * @throws {FlaghoistError} `LOG_CORRUPT`: a server does not start on a log that was tampered with
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
  const find = (key: string): ProjectWriter => {
    const found = projects.get(key)
    if (found === undefined || !exists(found)) throw problem('PROJECT_NOT_FOUND', { project: key })
    return found
  }
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
      setEpoch(project, epoch)
      if (version > project.state.version) await readNews(project)
    })
  }

  // Watched before the logs are read, so that no append falls between.
  log.watch((head) => void follow(head).catch(onListenerError))
  for (const head of await log.heads()) {
    const project = open(head.project)
    await inTurn(project, () => replay(log, project, head))
  }

  return {
    list: () => [...projects.values()].filter(exists),
    get: find,
    async commit(write, caller) {
      const project = write.createsProject ? open(write.project) : find(write.project)
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
const exists = ({ state }: LiveProject): boolean => state.version > 0

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
