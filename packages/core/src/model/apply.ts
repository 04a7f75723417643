import type { Edit, Flag, FlagDefinition, Layer } from '../schema/index.ts'
import { parseLayerKey } from '../scope.ts'
import { holdsTheSame, revise } from './revisions.ts'
import { entityName, type ProjectState } from './state.ts'

/** What {@link apply} looks at of a change. */
export interface AppliedChange {
  readonly seq: number
  readonly edits: readonly Edit[]
}

/**
 * The state after a change. Pure, total over every change that its schema accepts, and sharing
 * everything that the change does not touch.
 */
export function apply(state: ProjectState, change: AppliedChange): ProjectState {
  return applyAll(state, [change])
}

/**
 * The state after many changes: copies what they touch once, so that replaying a log takes linear
 * time.
 */
export function applyAll(state: ProjectState, changes: readonly AppliedChange[]): ProjectState {
  const draft = new Draft(state)
  for (const change of changes) draft.apply(change)
  return draft.state
}

/** What is there under a name; `null` is nothing. */
export function entityOf(state: ProjectState, kind: Edit['kind'], key: string): Edit['after'] {
  switch (kind) {
    case 'project':
      return state.project ?? null
    case 'environment':
      return state.environments.get(key) ?? null
    case 'instance':
      return state.instances.get(key) ?? null
    case 'segment':
      return state.segments.get(key) ?? null
    case 'apiKey':
      return state.apiKeys.get(key) ?? null
    case 'flag':
      return definitionOf(state.flags.get(key))
    case 'layer': {
      const { flag, scope } = parseLayerKey(key)
      const layers = state.flags.get(flag)?.layers ?? {}
      return Object.hasOwn(layers, scope) ? layers[scope]! : null
    }
  }
}

const definitionOf = (flag: Flag | undefined): FlagDefinition | null => {
  if (flag === undefined) return null
  const { layers: _, ...definition } = flag
  return definition
}

type Writable = { -readonly [K in keyof ProjectState]: ProjectState[K] }
type Collection =
  | 'environments'
  | 'instances'
  | 'segments'
  | 'apiKeys'
  | 'flags'
  | 'flagRevisions'
  | 'segmentRevisions'

/** A state in the making: copies each collection once, on its first edit. */
class Draft {
  readonly state: Writable
  readonly #editedAt: Map<string, number>
  readonly #owned = new Set<Collection>()
  /** Layers that the change at hand has copied, by flag. */
  readonly #layers = new Map<string, Record<string, Layer>>()

  constructor(before: ProjectState) {
    this.#editedAt = new Map(before.editedAt)
    this.state = { ...before, editedAt: this.#editedAt }
  }

  apply({ seq, edits }: AppliedChange): void {
    this.state.version = seq
    this.#layers.clear()
    const flags = new Map(edits.flatMap(flagOf).map((key) => [key, this.state.flags.get(key)]))
    for (const edit of edits) this.#applyEdit(edit)
    // After all of them: what one edit takes away and another brings back was never served.
    for (const [key, before] of flags) this.#reviseFlag(key, before)
  }

  #applyEdit(edit: Edit): void {
    this.#editedAt.set(entityName(edit), this.state.version)
    switch (edit.kind) {
      case 'project':
        this.state.project = edit.after ?? undefined
        break
      case 'environment':
        put(this.#collection('environments'), edit.key, edit.after)
        break
      case 'instance':
        put(this.#collection('instances'), edit.key, edit.after)
        break
      case 'segment':
        if (!holdsTheSame(this.state.segments.get(edit.key), edit.after ?? undefined))
          this.#collection('segmentRevisions').set(edit.key, this.state.version)
        put(this.#collection('segments'), edit.key, edit.after)
        break
      case 'apiKey':
        put(this.#collection('apiKeys'), edit.key, edit.after)
        break
      case 'flag': {
        const layers = this.state.flags.get(edit.key)?.layers ?? {}
        put(this.#collection('flags'), edit.key, edit.after && { ...edit.after, layers })
        break
      }
      case 'layer':
        this.#applyLayer(edit.key, edit.after)
        break
    }
  }

  #applyLayer(key: string, layer: Layer | null): void {
    const { flag: flagKey, scope } = parseLayerKey(key)
    const flag = this.state.flags.get(flagKey)
    if (flag === undefined) return
    let layers = this.#layers.get(flagKey)
    if (layers === undefined || layers !== flag.layers) {
      layers = { ...flag.layers }
      this.#layers.set(flagKey, layers)
    }
    delete layers[scope]
    // What is gone has no version of its own that a flag's version could be made of.
    if (layer === null) this.#editedAt.set(`flag:${flagKey}`, this.state.version)
    // Defined, not assigned: a scope may be called as something that every object inherits.
    else
      Object.defineProperty(layers, scope, {
        value: layer,
        configurable: true,
        enumerable: true,
        writable: true,
      })
    this.#collection('flags').set(flagKey, { ...flag, layers })
  }

  #reviseFlag(key: string, before: Flag | undefined): void {
    const { flags, flagRevisions, version: seq } = this.state
    const after = flags.get(key)
    const known = flagRevisions.get(key)
    const revised = after && revise(known ?? new Map(), { before, after, seq })
    if (revised !== known) put(this.#collection('flagRevisions'), key, revised ?? null)
  }

  #collection<C extends Collection>(name: C): Copied<ProjectState[C]> {
    if (!this.#owned.has(name)) {
      Object.assign(this.state, { [name]: new Map<string, unknown>(this.state[name]) })
      this.#owned.add(name)
    }
    return this.state[name] as Copied<ProjectState[C]> // It was copied above.
  }
}

function flagOf({ kind, key }: Edit): readonly string[] {
  if (kind === 'flag') return [key]
  return kind === 'layer' ? [parseLayerKey(key).flag] : []
}

type Copied<M> = M extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never

function put<V>(map: Map<string, V>, key: string, value: V | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}
