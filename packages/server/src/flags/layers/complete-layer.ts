import { BUCKETS } from '@flaghoist/core'
import { resplit, type Weights } from '@flaghoist/core/model'
import type { Layer, Rollout, Serve } from '@flaghoist/core/schema'
import type { z } from 'zod'
import { problem } from '../../errors.ts'
import { bucketsOf } from './percent.ts'
import type { LayerInput, RolloutInput, ServeInput } from './schemas.ts'

/**
 * Draws 16 random hexadecimal digits. A new salt needs them, so that no two flags treat the same
 * people first; so does the id of a new rule.
 */
export type DrawText = () => string

/** The parts of a scope's current configuration that decide who is served which variant. */
export type ServedLayer = Pick<Layer, 'rollout' | 'fallthrough' | 'rules'>

type ServeValue = z.infer<typeof Serve>
type RolloutValue = z.infer<typeof Rollout>

/**
 * Completes the settings of a request to a layer as it is stored. Salts and ranges continue from
 * the current configuration, so that people keep their variants.
 * @param served the scope's current configuration, its own or inherited
 * @throws {FlaghoistError} `WEIGHTS_INVALID`, `REQUEST_INVALID`
 */
export function completeLayer(input: LayerInput, served: ServedLayer, draw: DrawText): Layer {
  const { on, off, rules, rollout, fallthrough, note } = input
  const before = new Map((served.rules ?? []).map((rule) => [rule.id, rule.serve]))
  const layer = {
    on,
    off,
    rules: rules?.map((rule, i) => {
      const id = rule.id ?? `rule-${i + 1}-${draw().slice(0, 6)}`
      return { ...rule, id, serve: completeServe(rule.serve, before.get(id), draw) }
    }),
    rollout: rollout && completeRollout(rollout, served.rollout ?? undefined, draw),
    fallthrough: fallthrough && completeServe(fallthrough, served.fallthrough, draw),
    note: note && storedNote(note),
  }
  return withoutUndefined(layer)
}

function storedNote({ expired: _, ...note }: NonNullable<LayerInput['note']>): Layer['note'] {
  return note
}

function completeServe(
  input: ServeInput,
  before: ServeValue | undefined,
  draw: DrawText,
): ServeValue {
  if ('variant' in input || 'split' in input) return input
  const weights = 'weights' in input ? input.weights : bucketsByVariant(input.percent)
  const split = before !== undefined && 'split' in before ? before.split : undefined
  const ranges = split?.ranges ?? (before && 'variant' in before ? wholeRange(before.variant) : [])
  return {
    split: {
      by: input.by ?? split?.by ?? 'targetingKey',
      salt: split?.salt ?? draw(),
      ranges: resplit(ranges, weights) as [number, number, string][],
    },
  }
}

function bucketsByVariant(percentages: Readonly<Record<string, number>>): Weights {
  const entries = Object.entries(percentages)
  return Object.fromEntries(entries.map(([variant, percent]) => [variant, bucketsOf(percent)]))
}

function completeRollout(
  input: RolloutInput,
  before: RolloutValue | undefined,
  draw: DrawText,
): RolloutValue {
  const { variant, serve, by, salt, segments, planRun, step } = input
  const served = serve ?? (variant === undefined ? undefined : { variant })
  return withoutUndefined({
    planRun,
    step,
    by: by ?? before?.by ?? 'targetingKey',
    salt: salt ?? before?.salt ?? draw(),
    share: shareOf(input) ?? before?.share ?? 0,
    serve:
      served === undefined
        ? (before?.serve ?? { variant: 'on' })
        : completeServe(served, before?.serve, draw),
    segments: segments ?? before?.segments,
  })
}

function shareOf({ share, percent }: RolloutInput): number | undefined {
  if (share !== undefined && percent !== undefined)
    throw problem('REQUEST_INVALID', { problem: 'A rollout has a share or a percent, not both.' })
  return share ?? (percent && bucketsOf(percent))
}

const wholeRange = (variant: string): [number, number, string][] => [[0, BUCKETS, variant]]

function withoutUndefined<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
