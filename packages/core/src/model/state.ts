import type {
  ApiKey,
  Edit,
  Environment,
  Flag,
  Instance,
  Project,
  Segment,
} from '../schema/index.ts'

/**
 * Everything that a project holds at one version. Immutable: {@link apply} makes a new state that
 * shares what did not change, so an entity is the same object for as long as nobody edits it.
 */
export interface ProjectState {
  readonly project: Project | undefined
  /** Sequence number of the last change. */
  readonly version: number
  readonly environments: ReadonlyMap<string, Environment>
  readonly instances: ReadonlyMap<string, Instance>
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  readonly apiKeys: ReadonlyMap<string, ApiKey>
  /**
   * `kind:key` of an entity → sequence number of the last change that edited it, also when it is
   * gone.
   */
  readonly editedAt: ReadonlyMap<string, number>
  /** Flag key → since when it is served as it is, by scope. */
  readonly flagRevisions: ReadonlyMap<string, FlagRevisions>
  /**
   * Segment key → number of the last change that can have changed who is in it, also when it is
   * gone.
   */
  readonly segmentRevisions: ReadonlyMap<string, number>
}

/**
 * Scope → number of the last change that changed what the flag's layers come to there. `*` is
 * always one of them; a scope that is not has the number of the next more general one.
 */
export type FlagRevisions = ReadonlyMap<string, number>

export const EMPTY_STATE: ProjectState = {
  project: undefined,
  version: 0,
  environments: new Map(),
  instances: new Map(),
  flags: new Map(),
  segments: new Map(),
  apiKeys: new Map(),
  editedAt: new Map(),
  flagRevisions: new Map(),
  segmentRevisions: new Map(),
}

/** Who a ruleset is for: rulesets of `client` keys hold only flags that are visible to clients. */
export type Audience = 'server' | 'client'

/** `kind:key`, the name of an entity in a state and in the log's filters. */
export const entityName = (edit: Pick<Edit, 'kind' | 'key'>): string => `${edit.kind}:${edit.key}`
