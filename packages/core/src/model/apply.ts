import { runAtOnce } from '../run-at-once.ts'
import type {
  Edit,
  Flag,
  FlagDefinition,
  Instance,
  KillByTag,
  Layer,
  LoggedEdit,
  RolloutRun,
} from '../schema/index.ts'
import { parseLayerKey, parseRunKey } from '../scope.ts'
import { allocate, NO_ALLOCATIONS } from './allocations.ts'
import { CopyOnWriteMap } from './copy-on-write-map.ts'
import { reviseInstance } from './instance-revisions.ts'
import { killsLayers, type LayerToggle, restoresLayers, revisesToggled } from './kill-by-tag.ts'
import { layerOf } from './layers.ts'
import { type LoggedSegmentEdit, segmentAfter } from './logged-edit.ts'
import { rememberServes } from './past-serves.ts'
import { hasSameMembers, NO_REVISIONS, revise } from './revisions.ts'
import { entityName, flagOf, type ProjectState, type RolloutRuns } from './state.ts'

/** The members of a change that {@link apply} reads. */
export interface AppliedChange {
  readonly seq: number
  readonly edits: readonly LoggedEdit[]
}

/**
 * Returns the state after a change. Pure, and total over all changes that the schema accepts. The
 * new state shares all entities that the change does not edit.
 */
export function apply(state: ProjectState, change: AppliedChange): ProjectState {
  return applyAll(state, [change])
}

/** Applies a change in small steps, so that its caller can pause between them. */
export function* applyInSteps(
  state: ProjectState,
  change: AppliedChange,
): Generator<undefined, ProjectState> {
  const draft = new Draft(state)
  yield* draft.steps(change)
  return draft.state
}

/** Returns the state after many changes. */
export function applyAll(state: ProjectState, changes: readonly AppliedChange[]): ProjectState {
  const draft = new Draft(state)
  for (const change of changes) runAtOnce(draft.steps(change))
  return draft.state
}

/** The collections of the entities that a state stores unchanged, by kind. */
const COLLECTIONS = {
  environment: 'environments',
  instance: 'instances',
  segment: 'segments',
  kill: 'kills',
  apiKey: 'apiKeys',
  metric: 'metrics',
  plan: 'plans',
  rollout: 'rollouts',
  freeze: 'freezes',
  subscription: 'subscriptions',
  view: 'views',
} as const

/** Returns an entity of a state; `null` if it does not exist. */
export function entityOf(state: ProjectState, kind: Edit['kind'], key: string): Edit['after'] {
  switch (kind) {
    case 'project':
      return state.project ?? null
    case 'flag':
      return definitionOf(state.flags.get(key))
    case 'layer': {
      const { flag, scope } = parseLayerKey(key)
      const owner = state.flags.get(flag)
      return (owner && layerOf(owner, scope)) ?? null
    }
    case 'run': {
      const { rollout, scope } = parseRunKey(key)
      return state.runs.get(rollout)?.get(scope) ?? null
    }
    default:
      return state[COLLECTIONS[kind]].get(key) ?? null
  }
}

function definitionOf(flag: Flag | undefined): FlagDefinition | null {
  if (flag === undefined) return null
  const { layers: _, ...definition } = flag
  return definition
}

type Writable = { -readonly [K in keyof ProjectState]: ProjectState[K] }
type Collection =
  | (typeof COLLECTIONS)[keyof typeof COLLECTIONS]
  | 'flags'
  | 'runs'
  | 'flagRevisions'
  | 'flagAllocations'
  | 'segmentRevisions'
  | 'instanceRevisions'
  | 'pastServes'

type LoggedKillEdit = Extract<LoggedEdit, { kind: 'kill' }>

/** A state under construction. Its edited collections are copies, which share most entries. */
class Draft {
  readonly state: Writable
  readonly #editedAt: CopyOnWriteMap<number>
  readonly #owned = new Set<Collection>()
  /** The layers that the current change has copied, by flag. */
  readonly #layers = new Map<string, Record<string, Layer>>()

  constructor(before: ProjectState) {
    this.#editedAt = copyOf(before.editedAt)
    this.state = { ...before, editedAt: this.#editedAt }
  }

  *steps({ seq, edits }: AppliedChange): Generator<undefined> {
    this.state.version = seq
    this.#layers.clear()
    const flags = new Map(edits.flatMap(flagOf).map((key) => [key, this.state.flags.get(key)]))
    for (const edit of edits) {
      this.#editedAt.set(entityName(edit), seq)
      if (edit.kind === 'kill') yield* this.#killSteps(edit)
      else this.#applyEdit(edit)
      yield
    }
    // Only the result of all edits is served, so a revision compares the states before and after
    // them.
    for (const [key, before] of flags) {
      this.#reviseFlag(key, before)
      yield
    }
  }

  *#killSteps({ key, before, after }: LoggedKillEdit): Generator<undefined> {
    if (before) yield* this.#toggleKill(before, restoresLayers(before))
    if (after) yield* this.#toggleKill(after, killsLayers(after))
    put(this.#collection('kills'), key, after)
  }

  #applyEdit(edit: Exclude<LoggedEdit, LoggedKillEdit>): void {
    switch (edit.kind) {
      case 'project':
        this.state.project = edit.after ?? undefined
        break
      case 'instance':
        this.#applyInstance(edit.key, edit.after)
        break
      case 'segment':
        this.#applySegment(edit)
        break
      case 'flag': {
        const layers = this.state.flags.get(edit.key)?.layers ?? {}
        put(this.#collection('flags'), edit.key, edit.after && { ...edit.after, layers })
        break
      }
      case 'layer':
        this.#applyLayer(edit.key, edit.after)
        break
      case 'run':
        this.#applyRun(edit.key, edit.after)
        break
      default: {
        const collection: CopyOnWriteMap<unknown> = this.#collection(COLLECTIONS[edit.kind])
        put(collection, edit.key, edit.after)
      }
    }
  }

  #applySegment(edit: LoggedSegmentEdit): void {
    const { key } = edit
    const before = this.state.segments.get(key)
    const after = segmentAfter(before, edit)
    if (!hasSameMembers(before, after ?? undefined))
      this.#collection('segmentRevisions').set(key, this.state.version)
    put(this.#collection('segments'), key, after)
  }

  #applyInstance(key: string, after: Instance | null): void {
    const { instances, instanceRevisions, version: seq } = this.state
    const before = instances.get(key)
    const revisions = instanceRevisions.get(key)
    const revised = reviseInstance(revisions, { before, after: after ?? undefined, seq })
    if (revised && revised !== revisions) this.#collection('instanceRevisions').set(key, revised)
    put(this.#collection('instances'), key, after)
  }

  #applyLayer(key: string, layer: Layer | null): void {
    const { flag: flagKey, scope } = parseLayerKey(key)
    const flag = this.state.flags.get(flagKey)
    if (flag === undefined) return
    const past = this.state.pastServes.get(key)
    const remembered = rememberServes(past, layer)
    if (remembered && remembered !== past) this.#collection('pastServes').set(key, remembered)
    let layers = this.#layers.get(flagKey)
    if (layers === undefined || layers !== flag.layers) {
      layers = { ...flag.layers }
      this.#layers.set(flagKey, layers)
    }
    delete layers[scope]
    // The version of a flag is the latest of its definition and of the layers that it has, and a
    // deleted one is no longer among them.
    if (layer === null) this.#editedAt.set(`flag:${flagKey}`, this.state.version)
    // Defined, not assigned: a scope may have a name that every object inherits.
    else
      Object.defineProperty(layers, scope, {
        value: layer,
        configurable: true,
        enumerable: true,
        writable: true,
      })
    this.#collection('flags').set(flagKey, { ...flag, layers })
  }

  #applyRun(key: string, run: RolloutRun | null): void {
    const { rollout, scope } = parseRunKey(key)
    const runs = copyOf(this.state.runs.get(rollout) ?? NO_RUNS)
    put(runs, scope, run)
    put(this.#collection('runs'), rollout, runs.size > 0 ? runs : null)
  }

  /** Starts no allocation, because a kill moves no unit between arms. */
  *#toggleKill(kill: KillByTag, toggle: LayerToggle): Generator<undefined> {
    const { version: seq } = this.state
    const reviseFlag = revisesToggled(kill)
    for (const key of kill.flags) {
      yield
      const before = this.state.flags.get(key)
      if (before === undefined) continue
      const { layers, scopes } = toggle(before.layers)
      if (scopes.length === 0) continue
      const after = { ...before, layers }
      this.#collection('flags').set(key, after)
      this.#editedAt.set(entityName({ kind: 'flag', key }), seq)
      const revisions = this.state.flagRevisions.get(key) ?? NO_REVISIONS
      this.#replace('flagRevisions', key, reviseFlag(revisions, { before, after, seq }, scopes))
    }
  }

  #reviseFlag(key: string, before: Flag | undefined): void {
    const { flags, flagRevisions, flagAllocations, version: seq } = this.state
    const after = flags.get(key)
    const change = after && { before, after, seq }
    const revised = change && revise(flagRevisions.get(key) ?? NO_REVISIONS, change)
    this.#replace('flagRevisions', key, revised)
    const allocated = change && allocate(flagAllocations.get(key) ?? NO_ALLOCATIONS, change)
    this.#replace('flagAllocations', key, allocated === NO_ALLOCATIONS ? undefined : allocated)
  }

  /** Replaces or deletes the value of a flag. Copies the collection only if the value changes. */
  #replace<C extends 'flagRevisions' | 'flagAllocations'>(
    name: C,
    key: string,
    value: MapValue<ProjectState[C]> | undefined,
  ): void {
    if (value === this.state[name].get(key)) return
    const collection: CopyOnWriteMap<unknown> = this.#collection(name)
    put(collection, key, value ?? null)
  }

  #collection<C extends Collection>(name: C): Copied<ProjectState[C]> {
    if (!this.#owned.has(name)) {
      Object.assign(this.state, { [name]: copyOf<unknown>(this.state[name]) })
      this.#owned.add(name)
    }
    return this.state[name] as Copied<ProjectState[C]> // The collection was copied above.
  }
}

type MapValue<M> = M extends ReadonlyMap<string, infer V> ? V : never

/** The writable form of a collection. */
type Copied<M> = CopyOnWriteMap<MapValue<M>>

const NO_RUNS: RolloutRuns = new CopyOnWriteMap()

function copyOf<V>(map: ReadonlyMap<string, V>): CopyOnWriteMap<V> {
  return map instanceof CopyOnWriteMap ? map.copy() : new CopyOnWriteMap(map)
}

function put<V>(map: CopyOnWriteMap<V>, key: string, value: V | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}
