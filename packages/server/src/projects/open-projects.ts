import type { FlaghoistError } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { inSpan } from '../in-span.ts'
import type { ChangeLog, LogNews } from '../stores/change-log.ts'
import { checkWrite } from './check-write.ts'
import { type CommitOptions, commit } from './commit.ts'
import { damageOfFile } from './damage.ts'
import { followLog } from './follow-log.ts'
import { createListeners } from './listeners.ts'
import { createLocalCommits } from './local-commits.ts'
import { createOpenLogs, type OpenLogs } from './open-logs.ts'
import { createTurns } from './project-turns.ts'
import { deleteLog, emptyProject, measureProject, type ProjectWriter } from './project-writer.ts'
import type { Caller, LiveProject, Policy, Preview, Projects, Reload, Write } from './projects.ts'

export interface ProjectsOptions extends CommitOptions {
  /** The reason why the log rejects every write. @default undefined: it is writable */
  readonly readOnly?: FlaghoistError | undefined
  /** Receives the error of a listener that threw; the change stands all the same. */
  readonly onListenerError: (error: unknown) => void
}

/**
 * Reads every log from its checkpoint on, verifies that part, and opens the one write path.
 * Follows the changes that other processes append to the same logs. A project whose log is damaged
 * is not served, so that SDKs keep what they have; the others are.
 */
export async function openProjects(options: ProjectsOptions): Promise<Projects> {
  const { log, policies = [], onListenerError } = options
  const { open, find, ...served } = createRegistry()
  const listeners = createProjectListeners(onListenerError)
  const { changed, ofLocal, deleted, reloaded } = listeners
  const logs = createOpenLogs(log, onListenerError)
  const turns = createProjectTurns(log, logs, listeners)
  const { catchUpWith, onNewest, onSameLog } = turns
  const readOnly = () => options.readOnly ?? damageOfFile(logs.damaged)
  const commitInTurn = commitWith(options, readOnly, (project, change) => {
    if (change) changed.emit(project, change)
    logs.renew(project)
  })
  const locals = createLocalCommits(turns, commitInTurn, ofLocal.emit)

  // Followed before the logs are read, so that no append falls between.
  const follow = ({ project, ...news }: LogNews) => catchUpWith(open(project), news)
  const unfollow = followLog(log, follow, onListenerError)
  await logs.readAll(open)

  return {
    ...served,
    get: find,
    damaged: logs.damaged,
    get readOnly() {
      return readOnly()
    },
    async commit(write, caller) {
      const project = write.createsProject ? open(write.project) : find(write.project)
      refuse(project.damage ?? readOnly() ?? (write.urgent ? undefined : project.historyDamage))
      const run = write.createsProject ? onNewest : onSameLog
      return run(project, () => locals.commitNext(project, write, caller))
    },
    applyLocally: (write, caller) => locals.apply(find(write.project), write, caller),
    async preview(write, caller) {
      const project = find(write.project)
      return onSameLog(project, () => previewInTurn(project, write, caller, policies))
    },
    async delete(key, check) {
      const project = find(key)
      refuse(readOnly())
      return onSameLog(project, async () => {
        check(project.logged)
        const end = await deleteLog(log, project)
        deleted.emit(key)
        return end
      })
    },
    startChecks: () => logs.startChecks(),
    catchUp: async (key, version) => catchUpWith(find(key), { version }),
    onChange: changed.add,
    onLocal: ofLocal.add,
    onDeleted: deleted.add,
    onReloaded: reloaded.add,
    close() {
      unfollow()
      locals.close()
      logs.close()
    },
  }
}

function createProjectListeners(onError: (error: unknown) => void) {
  return {
    changed: createListeners<[LiveProject, Change]>(onError),
    ofLocal: createListeners<[LiveProject]>(onError),
    deleted: createListeners<[string]>(onError),
    reloaded: createListeners<[LiveProject, Reload]>(onError),
  }
}

function createProjectTurns(
  log: ChangeLog,
  logs: OpenLogs,
  { changed, deleted, reloaded }: ReturnType<typeof createProjectListeners>,
) {
  return createTurns(log, {
    onChange: changed.emit,
    onDeleted: ({ key }) => deleted.emit(key),
    onReloaded(project, reload) {
      logs.reloaded(project, reload.checkpoint)
      reloaded.emit(project, reload)
    },
  })
}

/** @throws {FlaghoistError} the obstacle, if there is one */
function refuse(obstacle: FlaghoistError | undefined): void {
  if (obstacle !== undefined) throw obstacle
}

/** Returns the commit of one write within its turn. @param onCommitted receives the change */
function commitWith(
  options: CommitOptions,
  readOnly: () => FlaghoistError | undefined,
  onCommitted: (project: ProjectWriter, change: Change | undefined) => void,
) {
  return (project: ProjectWriter, write: Write, caller: Caller) =>
    inSpan('flaghoist.commit.turn', {}, async () => {
      refuse(readOnly())
      const committed = await commit(project, write, caller, options)
      onCommitted(project, committed.change)
      return committed
    })
}

/** Runs every step of a commit but the append, in the project's turn. */
async function previewInTurn(
  project: ProjectWriter,
  write: Write,
  caller: Caller,
  policies: readonly Policy[],
): Promise<Preview> {
  if (!write.urgent) await measureProject(project)
  const before = project.logged
  const { state, warnings } = await checkWrite(project, write, caller, policies)
  return { version: state.version, change: undefined, before, state, warnings }
}

function createRegistry() {
  const projects = new Map<string, ProjectWriter>()
  return {
    list: () => [...projects.values()].filter(isServed),
    /** Returns a project; an empty one if it does not exist yet. */
    open(key: string): ProjectWriter {
      const project = projects.get(key) ?? emptyProject(key)
      projects.set(key, project)
      return project
    },
    has(key: string): boolean {
      const project = projects.get(key)
      return project !== undefined && isServed(project)
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
