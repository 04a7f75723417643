import { canonicalJson } from '../canonical-json.ts'
import type { Rollout, Serve } from '../ruleset/wire.ts'
import type { LayerConfiguration } from './layers.ts'
import { splitsOf } from './past-serves.ts'

/** The members of a configuration by which chance decides: of a rollout, or of splits. */
export interface Draws {
  /** The rollout that places units in arms; absent for splits. */
  readonly rollout?: Pick<Rollout, 'by' | 'salt' | 'share'>
  /** The splits that serve units without an arm, by their place; absent for a rollout. */
  readonly splits?: ReturnType<typeof splitsOf>
}

/** Units whose variant chance decides, and the members of a configuration that it depends on. */
export interface DrawnUnits {
  readonly draws: Draws
  /** The members that determine the arm and the variant of each unit. */
  readonly served: unknown
}

/** Returns the units in the arms of the rollout; the control arm is served the fallthrough. */
export function drawnByRollout({
  rollout,
  fallthrough,
}: LayerConfiguration): DrawnUnits | undefined {
  if (rollout === undefined) return undefined
  const { by, salt, share, serve } = rollout
  return { draws: { rollout: { by, salt, share } }, served: [by, salt, share, serve, fallthrough] }
}

/** Returns the units that a split serves without an arm. */
export function drawnBySplits(configuration: LayerConfiguration): DrawnUnits | undefined {
  const splits = splitsOf(configuration).filter(([place]) => servesWithoutArm(place, configuration))
  if (splits.length === 0) return undefined
  return { draws: { splits }, served: splits }
}

/** Returns a text that is equal for draws of the same units by the same salts. */
export function saltsOf({ rollout, splits = [] }: Draws): string {
  const drawn = rollout === undefined ? splits.map(([, split]) => split) : [rollout]
  const salts = new Set(drawn.map(({ by, salt }) => canonicalJson([by, salt])))
  return [...salts].sort().join()
}

/** Returns true if the split in a place can serve a unit that has no arm. */
function servesWithoutArm(place: string, { rollout, fallthrough }: LayerConfiguration): boolean {
  if (rollout === undefined) return true
  const { by, serve, segments = [] } = rollout
  if (place === 'rollout') return segments.length > 0
  // A unit of the same attributes as the rollout's has an arm when it reaches the fallthrough.
  const attributes = new Set([by, ...attributeOf(serve), ...attributeOf(fallthrough)])
  return place !== 'fallthrough' || attributes.size > 1
}

function attributeOf(serve: Serve): readonly string[] {
  return 'split' in serve ? [serve.split.by] : []
}
