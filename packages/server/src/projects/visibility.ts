import {
  editedLayers,
  environmentOf,
  instanceOf,
  isWithin,
  type ProjectState,
  parseLayerKey,
  parseRunKey,
  segmentsNamedBy,
} from '@flaghoist/core/model'
import type { Change, Edit, Flag, KillByTag, LoggedEdit } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { type SegmentEditSummary, summarisedEdit } from './segment-summary.ts'

/**
 * Checks that a key which is bound to a scope may see another scope: its own, a scope within it, or
 * a more general one whose layers it inherits. Never the scope of another instance.
 */
export function isVisible(scope: string, bound: string | undefined): boolean {
  return bound === undefined || isWithin(scope, bound) || isWithin(bound, scope)
}

/** A flag with the layers that a key may see. */
export function visibleFlag(flag: Flag, bound: string | undefined): Flag {
  if (bound === undefined) return flag
  const layers = Object.entries(flag.layers).filter(([scope]) => isVisible(scope, bound))
  return { ...flag, layers: Object.fromEntries(layers) }
}

/** A change as a key may see it. The hashes cover all changes, so a bound key sees none. */
export type VisibleChange = Omit<Change, 'hash' | 'previousHash' | 'edits'> &
  Partial<Pick<Change, 'hash' | 'previousHash'>> & {
    readonly edits: (LoggedEdit | SegmentEditSummary)[]
  }

/**
 * A change with the edits that a key may see; undefined if it may see none. The reason and the
 * overridden freezes of a change that has other edits as well may be about those, so they are left
 * out.
 */
export function visibleChange(
  state: ProjectState,
  change: Change,
  bound: string | undefined,
): VisibleChange | undefined {
  if (bound === undefined) return change
  const edits = change.edits.flatMap((edit) => visibleEdit(state, edit, bound) ?? [])
  if (edits.length === 0) return undefined
  const { hash: _, previousHash: __, reason, overrides, ...seen } = change
  const isWhole =
    edits.length === change.edits.length && edits.every((edit, i) => edit === change.edits[i])
  return {
    ...seen,
    edits: edits.map(summarisedEdit),
    ...(isWhole && reason !== undefined && { reason }),
    ...(isWhole && overrides !== undefined && { overrides }),
  }
}

/**
 * Checks that a key may see an entity that is not a layer. A bound key sees only the segments that
 * the layers of its scope use, and of these only their sizes: anyone can name a segment in a layer,
 * but its people belong to the whole project.
 */
export function isVisibleEntity(
  state: ProjectState,
  { kind, key }: Pick<Edit, 'kind' | 'key'>,
  bound: string | undefined,
): boolean {
  if (bound === undefined) return true
  if (kind === 'segment')
    return getOrSet(usedSegments(state), bound, () => findUsedSegments(state, bound)).has(key)
  if (kind === 'environment') return key === environmentOf(bound)
  if (kind === 'instance') return key === (instanceOf(bound) ?? key)
  if (kind === 'run') return isVisible(parseRunKey(key).scope, bound)
  return !NAMES_OTHERS.has(kind)
}

/** The kinds that may name the instances of others. A calendar shows the freezes of one scope. */
const NAMES_OTHERS: ReadonlySet<Edit['kind']> = new Set([
  'apiKey',
  'plan',
  'rollout',
  'freeze',
  'subscription',
  'view',
])

/** The environments that a key sees. Others do not exist for it, nor in suggestions. */
export function visibleEnvironments(
  state: ProjectState,
  bound: string | undefined,
): readonly string[] {
  return [...state.environments.keys()].filter((key) =>
    isVisibleEntity(state, { kind: 'environment', key }, bound),
  )
}

/**
 * The state that the messages of a write are about. It lacks the segments that the key neither sees
 * nor names, so that no suggestion names them.
 */
export function withKnownSegments(
  state: ProjectState,
  edits: readonly Edit[],
  bound: string | undefined,
): ProjectState {
  if (bound === undefined) return state
  const named = new Set(
    edits.flatMap((edit) =>
      edit.kind === 'layer' && edit.after ? segmentsNamedBy(edit.after) : [],
    ),
  )
  const segments = [...state.segments].filter(
    ([key]) => named.has(key) || isVisibleEntity(state, { kind: 'segment', key }, bound),
  )
  return { ...state, segments: new Map(segments) }
}

function visibleEdit(state: ProjectState, edit: LoggedEdit, bound: string): LoggedEdit | undefined {
  if (edit.kind === 'kill') return visibleKill(edit, bound)
  const isSeen =
    edit.kind === 'layer'
      ? isVisible(parseLayerKey(edit.key).scope, bound)
      : isVisibleEntity(state, edit, bound)
  return isSeen ? edit : undefined
}

type KillEdit = Extract<LoggedEdit, { kind: 'kill' }>

/** A kill by tag with the scopes that a key may see; undefined without any. */
function visibleKill(edit: KillEdit, bound: string): KillEdit | undefined {
  const narrowed = (kill: KillByTag | null) =>
    kill && { ...kill, scopes: kill.scopes.filter((scope) => isVisible(scope, bound)) }
  const seen = { ...edit, before: narrowed(edit.before), after: narrowed(edit.after) }
  const [all, visible] = [edit, seen].map((one) => editedLayers(one)?.scopes.length ?? 0)
  if (visible === 0) return undefined
  return visible === all ? edit : seen
}

/** Keys of the segments that the visible layers of a state name, by scope. */
const usedSegments = memoise((_: ProjectState) => new Map<string, ReadonlySet<string>>())

function findUsedSegments(state: ProjectState, bound: string): ReadonlySet<string> {
  const layers = [...state.flags.values()].flatMap((flag) =>
    Object.values(visibleFlag(flag, bound).layers),
  )
  return new Set(layers.flatMap(segmentsNamedBy))
}
