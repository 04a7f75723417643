import type { Flag, Kill, KillByTag, Layer } from '../schema/index.ts'
import { EVERYWHERE, environmentOf, instanceOf } from '../scope.ts'
import { layerOf } from './layers.ts'
import type { RevisedFlag } from './revised-scopes.ts'
import { revise } from './revisions.ts'
import type { FlagRevisions } from './state.ts'

type Layers = Flag['layers']

/** The layers of a flag after a kill by tag or its end. */
export interface ToggledLayers {
  readonly layers: Layers
  /** Scopes of the layers that changed. */
  readonly scopes: readonly string[]
}

/** Changes the layers of one flag. */
export type LayerToggle = (layers: Layers) => ToggledLayers

/**
 * Returns the function that adds a kill to each layer of its scopes that is not killed yet. Layers
 * that hold nothing else are one object, so that a kill costs little more than a copy.
 */
export function killsLayers({ scopes, killed }: KillByTag): LayerToggle {
  const alone = { killed }
  const layersAlone: Layers = Object.fromEntries(scopes.map((scope) => [scope, alone]))
  return (before) => {
    // The larger object comes first: it is copied whole.
    const layers = { ...layersAlone, ...before }
    const kept = new Set<string>()
    for (const [scope, layer] of Object.entries(before)) {
      if (!Object.hasOwn(layersAlone, scope)) continue
      if (layer.killed) kept.add(scope)
      else layers[scope] = { ...layer, killed }
    }
    return {
      layers,
      scopes: kept.size === 0 ? scopes : scopes.filter((scope) => !kept.has(scope)),
    }
  }
}

/** Returns the function that removes a kill from the layers that still have it. */
export function restoresLayers({ scopes, killed }: KillByTag): LayerToggle {
  const own = new Set(scopes)
  return (before) => {
    const isRestored = ([scope, layer]: [string, Layer]) =>
      own.has(scope) && isSame(layer.killed, killed)
    const entries = Object.entries(before)
    const layers = entries.flatMap((entry): [string, Layer][] => {
      if (!isRestored(entry)) return [entry]
      const { killed: _, ...left } = entry[1]
      return Object.keys(left).length === 0 ? [] : [[entry[0], left]]
    })
    const restored = entries.filter(isRestored).map(([scope]) => scope)
    return {
      layers: Object.fromEntries(layers),
      scopes: restored.length === scopes.length ? scopes : restored,
    }
  }
}

function isSame(one: Kill | undefined, other: Kill): boolean {
  return (
    one === other || (one?.at === other.at && one.by === other.by && one.reason === other.reason)
  )
}

/**
 * Returns the function that revises a flag whose kill began or ended in some of the scopes. Unless
 * other kills hold, exactly these scopes and those within them change, so that thousands of scopes
 * need no comparison.
 */
export function revisesToggled({ scopes }: KillByTag) {
  const wideScopes = wideOf(scopes)
  const environments = [...new Set(scopes.map((scope) => environmentOf(scope) ?? EVERYWHERE))]
  const shared = new Map<unknown, FlagRevisions>()
  return (
    revisions: FlagRevisions,
    change: RevisedFlag & { readonly before: Flag },
    toggled: readonly string[],
  ): FlagRevisions => {
    const wide = toggled === scopes ? wideScopes : wideOf(toggled)
    const { before, after, seq } = change
    if (wide.size === 0) {
      if (layerOf(after, EVERYWHERE)?.killed) return revisions
      const killed = environments.filter((environment) => layerOf(after, environment)?.killed)
      const isWhole = toggled === scopes && killed.length === 0
      const revised = () => reviseInstances(revisions, { killed, scopes: toggled, seq })
      return isWhole ? sharedBy(shared, revisions, revised) : revised()
    }
    const isAlone = [before, after].every((flag) => killsOf(flag) <= toggled.length)
    return isAlone ? reviseWithin(revisions, wide, toggled, seq) : revise(revisions, change)
  }
}

/** Returns the scopes of a list that contain others: `*` and environments. */
function wideOf(scopes: readonly string[]): ReadonlySet<string> {
  return new Set(scopes.filter((scope) => instanceOf(scope) === undefined))
}

/** Revisions up to this number are compared by their texts. */
const FEW = 8

/**
 * Shares the result among flags with the same revisions: those of thousands of instances would take
 * much time and memory for each flag.
 */
function sharedBy(
  shared: Map<unknown, FlagRevisions>,
  revisions: FlagRevisions,
  revised: () => FlagRevisions,
): FlagRevisions {
  const name = revisions.size > FEW ? revisions : [...revisions].join(' ')
  const known = shared.get(name) ?? revised()
  shared.set(name, known)
  return known
}

interface RevisedInstances {
  /** Environments with a kill of their own, which hides the change in their instances. */
  readonly killed: readonly string[]
  readonly scopes: readonly string[]
  readonly seq: number
}

/** Returns the revisions after a change in some instances. */
function reviseInstances(
  revisions: FlagRevisions,
  { killed, scopes, seq }: RevisedInstances,
): FlagRevisions {
  const revised = new Map(revisions)
  for (const scope of scopes)
    if (killed.length === 0 || !killed.includes(environmentOf(scope)!)) revised.set(scope, seq)
  return revised
}

/** Returns the revisions after a change in some scopes and in all scopes within them. */
function reviseWithin(
  revisions: FlagRevisions,
  wide: ReadonlySet<string>,
  scopes: readonly string[],
  seq: number,
): FlagRevisions {
  if (wide.has(EVERYWHERE)) return new Map([[EVERYWHERE, seq]])
  const isInside = (scope: string) => scope !== EVERYWHERE && wide.has(environmentOf(scope)!)
  const revised = new Map([...revisions].filter(([scope]) => !isInside(scope)))
  for (const scope of scopes) if (wide.has(scope) || !isInside(scope)) revised.set(scope, seq)
  return revised
}

/** The number of layers that kill a flag. */
function killsOf({ layers }: Flag): number {
  let count = 0
  for (const scope in layers) if (layers[scope]!.killed) count += 1
  return count
}
