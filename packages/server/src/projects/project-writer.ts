import type { FlaghoistError } from '@flaghoist/core'
import { applyAll, EMPTY_STATE, type ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { ChangeLog, LogHead, LogPosition } from '../stores/change-log.ts'
import { type ChangeHashes, createChangeHashes } from './change-hashes.ts'
import type { Checkpoint } from './checkpoint-text.ts'
import { findCheckpoint } from './find-checkpoint.ts'
import { planLocal, withLocal } from './local-writes.ts'
import type { Caller, DeletedProject, LiveProject, LocalWrite, Write } from './projects.ts'
import { measureRulesets, type RulesetSizes } from './publish-gate.ts'
import { readVerified, verifyEnd } from './read-verified.ts'

/** The write side of a project: its state, and the end of its log. */
export interface ProjectWriter extends LiveProject {
  /** Empty until the log is created. */
  epoch: string
  state: ProjectState
  /** The state of the log, without the local writes. */
  logged: ProjectState
  local: readonly PendingWrite[]
  /** Hash of the last change. */
  hash: string
  hashes: ChangeHashes
  /** Sizes of its rulesets in the state of the log; undefined until a write measures them. */
  sizes: RulesetSizes | undefined
  /**
   * The log may hold a change that the state lacks: another writer's, or one that a failing store
   * kept.
   */
  isBehind: boolean
  /** The error that kept its log from being replayed. The project is not served then. */
  damage: FlaghoistError | undefined
  /**
   * The damage of changes before a checkpoint. The state is whole and is served, and only urgent
   * writes are possible.
   */
  historyDamage: FlaghoistError | undefined
  /** The end of the queue of writes. It orders the writes of this process only. */
  turn: Promise<unknown>
  /** A read of the log that is queued and has not begun: every caller of `readSoon` shares it. */
  nextRead?: Promise<void> | undefined
}

/** A local write, and the receiver of its end. */
export interface PendingWrite extends LocalWrite {
  /** Called once the log holds the write, or with the reason why it never can. */
  readonly onEnd: (error?: unknown) => void
}

/** Sets the state of the log, and the local writes that it does not contain. */
export function advance(
  project: ProjectWriter,
  logged: ProjectState,
  local: readonly PendingWrite[] = project.local,
): void {
  project.logged = logged
  project.local = local
  project.state = withLocal(logged, local)
}

export function emptyProject(key: string): ProjectWriter {
  const hashes = createChangeHashes()
  return {
    key,
    epoch: '',
    state: EMPTY_STATE,
    logged: EMPTY_STATE,
    local: [],
    hash: '',
    hashes,
    hashAt: hashes.at,
    sizes: new Map(),
    isBehind: false,
    damage: undefined,
    historyDamage: undefined,
    turn: Promise.resolve(),
  }
}

/**
 * Deletes the project's log, which must end with the state's version. Returns that end. After an
 * error the log may be gone all the same, so it is read before the next write.
 */
export async function deleteLog(log: ChangeLog, project: ProjectWriter): Promise<DeletedProject> {
  const { key, epoch, hash, logged } = project
  const end = { key, epoch, hash, version: logged.version }
  try {
    await log.delete({ ...end, project: key })
  } catch (error) {
    project.isBehind = true
    throw error
  }
  empty(project)
  return end
}

/** Empties a project whose log was deleted. Queued work keeps its turn. */
export function empty(project: ProjectWriter): void {
  const { key, turn, nextRead, local } = project
  Object.assign(project, emptyProject(key), { turn, nextRead })
  for (const { onEnd } of local) onEnd(problem('PROJECT_NOT_FOUND', { project: key }))
}

/**
 * Reads a log into an empty project, from its checkpoint on.
 * @returns the position of the checkpoint; undefined if the whole log was replayed
 * @throws {FlaghoistError} `LOG_CORRUPT`, `COPY_UNFINISHED`
 */
export async function replay(
  log: ChangeLog,
  project: ProjectWriter,
  head: LogHead,
): Promise<LogPosition | undefined> {
  const checkpoint = await findCheckpoint(log, head)
  if (checkpoint) restore(project, checkpoint)
  await readOn(log, project, head, (changes) => {
    advance(project, applyAll(project.logged, changes))
  })
  return checkpoint && { seq: checkpoint.state.version, hash: checkpoint.hash }
}

/** Sets an empty project to the state of a checkpoint. */
function restore(project: ProjectWriter, { state, hash, hashes: text }: Checkpoint): void {
  const hashes = createChangeHashes(text)
  Object.assign(project, { hash, hashes, hashAt: hashes.at })
  advance(project, state)
}

/** Ends local writes: the log holds them, or the error says why it never can. */
export function endLocal(
  project: ProjectWriter,
  isEnded: (one: PendingWrite) => boolean,
  error?: unknown,
): void {
  const ended = project.local.filter(isEnded)
  if (ended.length === 0) return
  const rest = project.local.filter((one) => !ended.includes(one))
  advance(project, project.logged, rest)
  for (const { onEnd } of ended) onEnd(error)
}

/**
 * Ends the local writes that a change of the log holds. A write of the same request whose edits the
 * log still lacks stays.
 */
export function endCommitted(project: ProjectWriter, requestId: string): void {
  endLocal(project, ({ write, caller }) => {
    return caller.requestId === requestId && changesNothing(project.logged, write, caller)
  })
}

function changesNothing(state: ProjectState, write: Write, caller: Caller): boolean {
  try {
    return planLocal(state, write, caller).length === 0
  } catch {
    // Its own commit ends it with this error.
    return false
  }
}

/**
 * Reads the log from the state's version to its end, at its head or after it.
 * @throws {FlaghoistError} `LOG_CORRUPT`
 */
export async function readOn(
  log: ChangeLog,
  project: ProjectWriter,
  head: LogHead,
  applyChanges: (changes: readonly Change[]) => void,
): Promise<void> {
  project.epoch = head.epoch
  project.sizes = undefined
  const position = { seq: project.logged.version, hash: project.hash }
  for await (const changes of readVerified(log, project.key, position)) {
    for (const change of changes) project.hashes.add(change.hash)
    project.hash = changes.at(-1)?.hash ?? project.hash
    applyChanges(changes)
  }
  // Other writers may have appended meanwhile.
  verifyEnd(head, project.logged.version, await log.head(project.key))
}

/**
 * Measures the rulesets of a project, unless their sizes are known. A kill does not wait for it.
 */
export async function measureProject(project: ProjectWriter): Promise<void> {
  const { logged } = project
  if (project.sizes !== undefined) return
  const sizes = await measureRulesets(logged)
  if (project.logged === logged) project.sizes = sizes
}

/**
 * Runs work after all work that was queued before it: one writer at a time, within this process.
 */
export function inTurn<T>(project: ProjectWriter, work: () => Promise<T>): Promise<T> {
  const result = project.turn.then(work)
  // The caller receives the error; the next writer has its own turn.
  project.turn = result.catch(() => undefined)
  return result
}
