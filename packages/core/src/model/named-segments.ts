import type { Rollout, Rule } from '../ruleset/wire.ts'

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
