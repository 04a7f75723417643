import type { Rollout, Rule } from '../ruleset/wire.ts'
import type { Flag } from '../schema/index.ts'

/** A layer or a configuration, as far as it names segments. */
interface SegmentNames {
  readonly rules?: readonly Pick<Rule, 'when'>[] | null | undefined
  readonly rollout?: Pick<Rollout, 'segments'> | null | undefined
}

/** Returns the keys of the segments that a layer or a configuration names. */
export function segmentsNamedBy({ rules, rollout }: SegmentNames): string[] {
  return [
    ...(rollout?.segments ?? []),
    ...(rules ?? [])
      .flatMap(({ when }) => when.flat())
      .filter(({ op }) => op === 'segment')
      .flatMap(({ values }) => values.map(String)),
  ]
}

const layeredSegments = new WeakMap<Flag, readonly string[]>()

/** Returns the keys of the segments that the layers of a flag name; cached per flag. */
export function segmentsInLayers(flag: Flag): readonly string[] {
  const cached = layeredSegments.get(flag)
  if (cached !== undefined) return cached

  // After a kill by tag, thousands of instances share a layer.
  const layers = [...new Set(Object.values(flag.layers))]
  const keys = [...new Set(layers.flatMap(segmentsNamedBy))]
  layeredSegments.set(flag, keys)
  return keys
}
