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
    return {
      layers: Object.fromEntries(layers),
      scopes: entries.filter(isRestored).map(([scope]) => scope),
    }
  }
}

function isSame(one: Kill | undefined, other: Kill): boolean {
  return (
    one === other || (one?.at === other.at && one.by === other.by && one.reason === other.reason)
  )
}

/**
 * Returns the function that revises a flag whose kill began or ended in some of the scopes. In
 * instances alone nothing else changes, so that thousands of scopes need no comparison.
 */
export function revisesToggled({ scopes }: KillByTag) {
  if (scopes.some((scope) => instanceOf(scope) === undefined)) return revise
  const environments = [EVERYWHERE, ...new Set(scopes.map((scope) => environmentOf(scope)!))]
  return (
    revisions: FlagRevisions,
    { after, seq }: RevisedFlag,
    toggled: readonly string[],
  ): FlagRevisions => {
    const killed = environments.filter((scope) => layerOf(after, scope)?.killed)
    if (killed.includes(EVERYWHERE)) return revisions
    const revised = new Map(revisions)
    for (const scope of toggled)
      if (killed.length === 0 || !killed.includes(environmentOf(scope)!)) revised.set(scope, seq)
    return revised
  }
}
