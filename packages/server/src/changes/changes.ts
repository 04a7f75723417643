import type { ProjectState } from '@flaghoist/core/model'
import type { Actor, Change, Edit } from '@flaghoist/core/schema'

/** An edit that a request wants: what shall be there afterwards (`null`: nothing). `before` is filled in by the commit. */
export type PlannedEdit = Edit extends infer E
  ? E extends Edit
    ? Pick<E, 'kind' | 'key' | 'after'>
    : never
  : never

/** Who may write where. */
export interface Authority {
  readonly actor: Actor
  /** Scope the key is bound to; undefined is the whole project. */
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
  /** Version that the caller saw of these entities: `If-Match`. `names` are `kind:key`. */
  readonly expected?: { readonly names: readonly string[]; readonly version: number } | undefined
  /** A kill or rollback: passes every policy (freeze windows, approvals). */
  readonly urgent?: boolean | undefined
  /** Called with the current state, inside the project's turn; edits that change nothing are dropped. */
  plan(state: ProjectState): readonly PlannedEdit[]
  /** Makes the answer to the request, to be kept with the change under its `Idempotency-Key`. */
  readonly idempotency?: IdempotentRequest | undefined
}

export interface IdempotentRequest {
  readonly key: string
  readonly fingerprint: string
  respond(outcome: Committed): { status: number; body: string; etag?: string | undefined }
}

export interface Committed {
  /** The project's version afterwards; unchanged if there was nothing to change. */
  readonly version: number
  /** Undefined if nothing had to change. */
  readonly change: Change | undefined
  readonly state: ProjectState
}

/** What a live project shows to the other rooms. */
export interface LiveProject {
  readonly key: string
  readonly epoch: string
  readonly state: ProjectState
}

export type ChangeListener = (project: LiveProject, change: Change) => void

/** The one write path, and the state it leads to. */
export interface Changes {
  projects(): readonly LiveProject[]
  /** @throws {FlaghoistError} `PROJECT_NOT_FOUND` */
  project(key: string): LiveProject
  /** Starts a project with its first change. @throws {FlaghoistError} `PROJECT_EXISTS` */
  createProject(intent: Intent): Promise<Committed>
  /**
   * authorise → policy → expected version → plan → apply → validate → append. Listeners have run when this resolves.
   * @throws {FlaghoistError} `SCOPE_FORBIDDEN`, `VERSION_CONFLICT`, `INVALID_CHANGE` …; nothing is written then
   */
  commit(intent: Intent): Promise<Committed>
  /** Called synchronously for each change once it is durable; gives a function that unsubscribes. */
  onChange(listener: ChangeListener): () => void
  /** New lineage for a project whose log went back; listeners of `onEpoch` run. */
  renewEpoch(project: string): Promise<void>
  onEpoch(listener: (project: LiveProject) => void): () => void
}
