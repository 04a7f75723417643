import type {
  ApiKey,
  Edit,
  Environment,
  Flag,
  Freeze,
  Instance,
  KillByTag,
  Metric,
  Plan,
  ProgressiveRollout,
  Project,
  RolloutRun,
  Segment,
  Subscription,
  View,
} from '../schema/index.ts'
import { parseLayerKey } from '../scope.ts'
import type { FlagAllocations } from './allocations.ts'
import { CopyOnWriteMap } from './copy-on-write-map.ts'
import type { PastServes } from './past-serves.ts'

/**
 * The state of a project at one version. Immutable: {@link apply} creates a new state that shares
 * all unchanged entities, so an entity stays the same object until an edit.
 */
export interface ProjectState {
  readonly project: Project | undefined
  /** The sequence number of the last change. */
  readonly version: number
  readonly environments: ReadonlyMap<string, Environment>
  readonly instances: ReadonlyMap<string, Instance>
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  /** The kills by tag as they began. Later restores of single flags change only their layers. */
  readonly kills: ReadonlyMap<string, KillByTag>
  readonly apiKeys: ReadonlyMap<string, ApiKey>
  readonly metrics: ReadonlyMap<string, Metric>
  readonly plans: ReadonlyMap<string, Plan>
  readonly rollouts: ReadonlyMap<string, ProgressiveRollout>
  /** The runs of each rollout, by rollout key. */
  readonly runs: ReadonlyMap<string, RolloutRuns>
  readonly freezes: ReadonlyMap<string, Freeze>
  readonly subscriptions: ReadonlyMap<string, Subscription>
  readonly views: ReadonlyMap<string, View>
  /** The sequence number of the last edit, by `kind:key` of the entity. Keeps deleted entities. */
  readonly editedAt: ReadonlyMap<string, number>
  /** The revisions of each flag, by flag key. */
  readonly flagRevisions: ReadonlyMap<string, FlagRevisions>
  /** The last allocations of flags by which chance decides, by flag key. */
  readonly flagAllocations: ReadonlyMap<string, FlagAllocations>
  /**
   * The number of the last change that may have changed a segment's members, by segment key. Keeps
   * deleted segments.
   */
  readonly segmentRevisions: ReadonlyMap<string, number>
  /** The rollouts and splits that layers have had, by layer key. Keeps deleted layers. */
  readonly pastServes: ReadonlyMap<string, PastServes>
  /** The revisions of each instance, by instance key. Keeps deleted instances. */
  readonly instanceRevisions: ReadonlyMap<string, InstanceRevisions>
}

/** The runs of a rollout, by scope. */
export type RolloutRuns = ReadonlyMap<string, RolloutRun>

/**
 * The number of the last change that affected how a flag is served, by scope. `*` is always
 * present; a missing scope has the number of the next more general scope.
 */
export type FlagRevisions = ReadonlyMap<string, number>

/** The numbers of the last changes of an instance that can affect how flags are served to it. */
export interface InstanceRevisions {
  /**
   * The last change that retired the instance, ended its retirement, or deleted it; 0 for none.
   */
  readonly retirement: number
  /** The last change of each tag, by its name. */
  readonly tags: ReadonlyMap<string, number>
}

export const EMPTY_STATE: ProjectState = {
  project: undefined,
  version: 0,
  environments: new CopyOnWriteMap(),
  instances: new CopyOnWriteMap(),
  flags: new CopyOnWriteMap(),
  segments: new CopyOnWriteMap(),
  kills: new CopyOnWriteMap(),
  apiKeys: new CopyOnWriteMap(),
  metrics: new CopyOnWriteMap(),
  plans: new CopyOnWriteMap(),
  rollouts: new CopyOnWriteMap(),
  runs: new CopyOnWriteMap(),
  freezes: new CopyOnWriteMap(),
  subscriptions: new CopyOnWriteMap(),
  views: new CopyOnWriteMap(),
  editedAt: new CopyOnWriteMap(),
  flagRevisions: new CopyOnWriteMap(),
  flagAllocations: new CopyOnWriteMap(),
  segmentRevisions: new CopyOnWriteMap(),
  instanceRevisions: new CopyOnWriteMap(),
  pastServes: new CopyOnWriteMap(),
}

/**
 * The readers of a ruleset. Rulesets for `client` keys contain only flags that are visible to
 * clients.
 */
export type Audience = 'server' | 'client'

/** Returns `kind:key`, the name of an entity in a state and in the log's filters. */
export function entityName(edit: Pick<Edit, 'kind' | 'key'>): string {
  return `${edit.kind}:${edit.key}`
}

/** Returns the key of the flag that an edit concerns, as a list. */
export function flagOf({ kind, key }: Pick<Edit, 'kind' | 'key'>): readonly string[] {
  if (kind === 'flag') return [key]
  return kind === 'layer' ? [parseLayerKey(key).flag] : []
}
