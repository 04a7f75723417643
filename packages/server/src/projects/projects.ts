import type { ProjectState } from '@flaghoist/core/model'
import type { Actor, Change, Edit } from '@flaghoist/core/schema'
import type { Receipt } from '../store/store.ts'

/** What shall be there afterwards (`null`: nothing); the commit fills in what was there before. */
export type PlannedEdit = Edit extends infer E
  ? E extends Edit
    ? Pick<E, 'kind' | 'key' | 'after'>
    : never
  : never

/** Who writes, and where it may. */
export interface Authority {
  readonly actor: Actor
  /** Scope that the key is bound to; undefined is the whole project. */
  readonly scope?: string | undefined
}

/** One write, before it is checked. */
export interface Intent {
  readonly project: string
  readonly authority: Authority
  /** `flag.create`, `layer.update`, `flag.kill` … */
  readonly action: string
  readonly reason?: string | undefined
  readonly requestId: string
  /** Entities (`kind:key`) that the caller names: who may not touch them hears that before anything else of them. */
  readonly names?: readonly string[] | undefined
  /** Version of them that the caller has seen (`If-Match`). */
  readonly expected?: number | undefined
  /** A kill, a restore or a rollback: passes every policy. */
  readonly urgent?: boolean | undefined
  /** Called with the current state in the project's turn; edits that change nothing are dropped. */
  plan(state: ProjectState): readonly PlannedEdit[]
  readonly idempotency?: IdempotentRequest | undefined
}

/** A request that may come twice: the answer to it is kept together with its change. */
export interface IdempotentRequest {
  readonly key: string
  /** Digest of the request. */
  readonly fingerprint: string
  answer(outcome: Outcome): { status: number; body: string; etag?: string | undefined }
}

/** Where a write has led to. */
export interface Outcome {
  /** The project's version afterwards; unchanged if nothing had to change. */
  readonly version: number
  /** Undefined if nothing had to change. */
  readonly change: Change | undefined
  readonly state: ProjectState
}

export type Committed =
  | (Outcome & { readonly replayed?: undefined })
  /** The request came before: this was the answer. */
  | { readonly replayed: Receipt; readonly change?: undefined }

/** A project and its current state. */
export interface LiveProject {
  readonly key: string
  readonly epoch: string
  readonly state: ProjectState
}

/** Decides whether an intent may go ahead; throws where not. */
export type Policy = (intent: Intent, project: LiveProject, edits: readonly Edit[]) => void

export type ChangeListener = (project: LiveProject, change: Change) => void

/** The one write path, and the state that it leads to. */
export interface Changes {
  projects(): readonly LiveProject[]
  /** @throws {FlaghoistError} `PROJECT_NOT_FOUND` */
  project(key: string): LiveProject
  /** Starts a project with its first change. @throws {FlaghoistError} `PROJECT_EXISTS` */
  createProject(intent: Intent): Promise<Committed>
  /**
   * authorise → expected version → plan → policy → apply → validate → append. Listeners have run when it resolves.
   * @throws {FlaghoistError} `SCOPE_FORBIDDEN`, `VERSION_CONFLICT`, `INVALID_CHANGE` …: nothing is written then
   */
  commit(intent: Intent): Promise<Committed>
  /** Called synchronously for each change once it is durable; gives a function that unsubscribes. */
  onChange(listener: ChangeListener): () => void
  /** Starts a new lineage for a project whose log was seen to go back. */
  renewEpoch(project: string): Promise<void>
  onEpoch(listener: (project: LiveProject) => void): () => void
}
