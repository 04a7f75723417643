import type { FlaghoistError } from '@flaghoist/core'
import type { ProjectState } from '@flaghoist/core/model'
import type { Actor, Change, Edit } from '@flaghoist/core/schema'
import type { LogPosition, Receipt } from '../stores/change-log.ts'
import type { Fence } from '../stores/leases.ts'
import type { Action } from './actions.ts'
import type { Damage } from './damage.ts'
import type { WriteWarning } from './write-warnings.ts'

/** The wanted value of one entity; `null` deletes it. The commit records the value before. */
export type PlannedEdit = Edit extends infer E
  ? E extends Edit
    ? Pick<E, 'kind' | 'key' | 'after'>
    : never
  : never

/**
 * One write to a project, independent of how it was requested. Every feature builds its writes as
 * plain values.
 */
export interface Write {
  readonly project: string
  readonly action: Action
  readonly reason?: string | undefined
  /** A kill, a restore or a rollback: it passes every policy. */
  readonly urgent?: boolean | undefined
  /** The kind of policy that the write overrides on purpose, for its reason. */
  readonly override?: 'freeze' | undefined
  /** The first change of a project that does not exist yet. */
  readonly createsProject?: true | undefined
  /**
   * Entities (`kind:key`) that the write addresses, in the current state. The permission for them
   * is checked first, and an expected version compares with theirs.
   */
  names?(state: ProjectState): readonly string[]
  /** Entities that only the plan reads. An expected version compares with theirs as well. */
  reads?(state: ProjectState): readonly string[]
  /**
   * The edits for the current state, or the steps of a plan that may be long. Edits that change
   * nothing are dropped. Runs again after an append conflict.
   */
  plan(state: ProjectState): readonly PlannedEdit[] | PlanSteps
}

/** The small steps that lead to the edits of a plan. */
export type PlanSteps = Generator<undefined, readonly PlannedEdit[]>

/** The actor of a write, and the scope that its key is bound to. */
export interface Authority {
  readonly actor: Actor
  /** Undefined for a key of the whole project. */
  readonly scope?: string | undefined
}

/** The origin of a write: the caller and the guarantees that it asks for. */
export interface Caller {
  readonly authority: Authority
  readonly requestId: string
  /** Version of the named entities that the caller has read (`If-Match`). */
  readonly expected?: number | undefined
  readonly idempotency?: IdempotentRequest | undefined
  /** The lease under which the caller decided; a person has none. */
  readonly fence?: Fence | undefined
}

/** A request that may be sent twice: its response is stored together with its change. */
export interface IdempotentRequest {
  readonly key: string
  /** Digest of the request. */
  readonly fingerprint: string
  respond(outcome: Outcome): Pick<Receipt, 'status' | 'body' | 'headers'>
}

/** The result of a write. */
export interface Outcome {
  /** The project's version afterwards; unchanged if the write changed nothing. */
  readonly version: number
  /** Undefined if the write changed nothing. */
  readonly change: Change | undefined
  readonly state: ProjectState
  /** Effects of the write that its author may not expect. */
  readonly warnings: readonly WriteWarning[]
}

/** The outcome that a commit would have. */
export interface Preview extends Outcome {
  /** The state in which the edits were planned. */
  readonly before: ProjectState
}

/** The outcome of a commit, or the stored response to the same request. */
export type Committed =
  | (Outcome & { readonly replayed?: undefined })
  | { readonly replayed: Receipt; readonly change?: undefined }

/** A write that this process serves before the log holds it. */
export interface LocalWrite {
  readonly id: string
  readonly write: Write
  readonly caller: Caller
}

/** The effect of a local write. */
export interface LocalOutcome {
  readonly edits: readonly Edit[]
  /** The version of the log to which the edits were applied. */
  readonly version: number
  /** Resolves once the log holds the write; rejects if it never can. */
  readonly committed: Promise<void>
}

/** A project and its current state. */
export interface LiveProject {
  readonly key: string
  /** Hash of the last change. */
  readonly hash: string
  readonly epoch: string
  /** The state of the log, with the local writes. */
  readonly state: ProjectState
  /** Writes that the state contains, and the log does not yet. */
  readonly local: readonly LocalWrite[]
  /** Returns the first 16 digits of a change's hash; undefined for a number without a change. */
  hashAt(version: number): string | undefined
}

/** A write that is not urgent, and the states before and after its edits. */
export interface Attempt {
  readonly write: Write
  readonly caller: Caller
  readonly edits: readonly Edit[]
  readonly before: ProjectState
  readonly after: ProjectState
}

/**
 * Throws if a valid write that is not urgent must not be committed now. Returns the keys of the
 * freezes that the write overrides; undefined for a policy that nothing overrides.
 */
export type Policy = (attempt: Attempt) => readonly string[] | undefined

/** A log that was deleted: the end that it had. */
export type DeletedProject = Pick<LiveProject, 'key' | 'epoch' | 'hash'> & {
  readonly version: number
}

/** A state that was read anew, because the store had lost changes of the former one. */
export interface Reload {
  /** The former state of the log. */
  readonly before: ProjectState
  /** Number of the last change that both states contain. Later ones of the former are lost. */
  readonly kept: number
  /** The checkpoint from which the log was read; undefined if the whole log was replayed. */
  readonly checkpoint: LogPosition | undefined
}

export type ChangeListener = (project: LiveProject, change: Change) => void

export type ReloadListener = (project: LiveProject, reload: Reload) => void

/** The registry of projects, and the one write path to each of them. */
export interface Projects {
  /** Lists the projects that are served. */
  list(): readonly LiveProject[]
  /** Returns true for a project that is served. */
  has(key: string): boolean
  /**
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND`, or the damage of its log: `LOG_CORRUPT`,
   * `STORE_DAMAGED` …
   */
  get(key: string): LiveProject
  /** Projects that are not served, because their logs could not be read at the start. */
  readonly damaged: Damage
  /** The reason why every commit is rejected; undefined where commits are possible. */
  readonly readOnly: FlaghoistError | undefined
  /**
   * Authorises, checks the expected version, plans, applies the policies, validates and appends.
   * Resolves after the listeners have run.
   * @throws {FlaghoistError} `SCOPE_FORBIDDEN`, `VERSION_CONFLICT`, `INVALID_CHANGE`,
   * `PROJECT_EXISTS`, `LEASE_LOST` …; nothing is written then
   */
  commit(write: Write, caller: Caller): Promise<Committed>
  /**
   * Applies a write that the store does not take now to the state of this process, at once, and
   * calls the listeners of `onLocal`. Commits it before any other write, as soon as the store takes
   * it.
   * @throws {FlaghoistError} the error of its plan; nothing is applied then
   */
  applyLocally(write: Write, caller: Caller): LocalOutcome
  /**
   * Runs every step of {@link commit} except the append, in the project's turn.
   * @returns the outcome that a commit would have now
   * @throws {FlaghoistError} the error that a commit would throw now
   */
  preview(write: Write, caller: Caller): Promise<Preview>
  /**
   * Deletes a project with everything that the stores hold for it, in the project's turn. Resolves
   * after the listeners have run. A project of the same key that is created later has another
   * epoch.
   * @param check throws if the project must not be deleted in this state
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND`; nothing is deleted then
   */
  delete(key: string, check: (state: ProjectState) => void): Promise<DeletedProject>
  /**
   * Begins the work that a start leaves for later, in the background. The verification of old
   * changes adds the damage that it finds to `damaged`.
   */
  startChecks(): void
  /**
   * Reads the log if the state lacks a version: another process may have appended it.
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND`, and the error of a log that cannot be read
   */
  catchUp(project: string, version: number): Promise<void>
  /**
   * Calls the listener synchronously for each durable change. Returns a function that unsubscribes.
   */
  onChange(listener: ChangeListener): () => void
  /**
   * Calls the listener synchronously when the local writes of a project change without a change of
   * the log. Returns a function that unsubscribes.
   */
  onLocal(listener: (project: LiveProject) => void): () => void
  /**
   * Calls the listener synchronously with the key of each project whose log is deleted, by
   * whichever process. Returns a function that unsubscribes.
   */
  onDeleted(listener: (key: string) => void): () => void
  /**
   * Calls the listener synchronously after the state of a project was read anew. The project may
   * have fewer changes than before, or others under the same numbers. Returns a function that
   * unsubscribes.
   */
  onReloaded(listener: ReloadListener): () => void
  /** Ends the following of other processes' changes, and the commits of local writes. */
  close(): void
}
