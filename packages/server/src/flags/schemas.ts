import { randomBytes } from 'node:crypto'
import { BUCKETS, LIMITS } from '@flaghoist/core'
import { resplit } from '@flaghoist/core/model'
import {
  FlagDefinition,
  FlagType,
  Key,
  type Kill,
  Layer,
  type Rollout,
  Rule,
  Scope,
  Serve,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { problem } from '../errors.ts'

type ServeValue = z.infer<typeof Serve>
type RolloutValue = z.infer<typeof Rollout>

/** What may be written where a serve is stored: also weights, from which the server makes ranges. */
export const ServeInput = z
  .union([
    Serve,
    strict({
      weights: z.record(Key, z.int().min(0).max(BUCKETS)).meta({
        description:
          'Variant → buckets; they add up to 100,000. As few units as possible change variant.',
        example: { on: 25_000, off: 75_000 },
      }),
      by: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .meta({ description: 'Attribute to split by', default: 'targetingKey' }),
    }),
  ])
  .meta({ id: 'ServeRequest' })

/** A rollout by its share alone; everything else has a default or stays as it was. */
export const RolloutInput = strict({
  share: z
    .int()
    .min(0)
    .max(BUCKETS)
    .optional()
    .meta({ description: 'Buckets of 100,000 that are treated' }),
  percent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .meta({ description: 'The same in percent, down to 0.001' }),
  variant: Key.optional().meta({ description: 'Variant that is rolled out', default: 'on' }),
  serve: ServeInput.optional().meta({ description: 'Instead of a variant: a split' }),
  by: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Attribute to roll out by', default: 'targetingKey' }),
  salt: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Left out, the same people stay in' }),
  segments: z
    .array(Key)
    .max(LIMITS.segments)
    .optional()
    .meta({ description: 'Who is in, whatever the share' }),
  planRun: Key.optional(),
  step: z.int().min(0).optional(),
}).meta({ id: 'RolloutRequest' })

export const RuleInput = strict({
  ...Rule.shape,
  id: Key.optional().meta({ description: 'Made when it is left out' }),
  serve: ServeInput,
}).meta({ id: 'RuleRequest' })

const layerInput = {
  on: z.boolean(),
  off: Key.meta({ description: 'Variant that is served while the flag is off or killed' }),
  rules: z.array(RuleInput).max(LIMITS.rules),
  rollout: RolloutInput.nullable(),
  fallthrough: ServeInput,
  note: Layer.shape.note.unwrap(),
}

/** What one scope sets of a flag. Kills have routes of their own. */
export const LayerInput = strict(layerInput).partial().meta({ id: 'LayerRequest' })

/** The same, where `null` gives a member back to the more general scope. */
export const LayerPatch = z
  .strictObject({
    on: layerInput.on.nullable().optional(),
    off: layerInput.off.nullable().optional(),
    rules: layerInput.rules.nullable().optional(),
    rollout: layerInput.rollout.optional(),
    fallthrough: layerInput.fallthrough.nullable().optional(),
    note: layerInput.note.nullable().optional(),
  })
  .meta({ id: 'LayerPatch' })

const { key: _key, type: _type, archivedAt: _archivedAt, ...definition } = FlagDefinition.shape

/** A new flag; with its key alone it is a boolean release flag with the variants `on` and `off`, and off. */
export const FlagInput = strict({
  key: Key,
  type: FlagType.default('boolean'),
  ...partial(definition),
  layers: z.record(Scope, LayerInput).optional(),
}).meta({ id: 'FlagRequest' })

export const FlagPatch = z
  .strictObject({
    ...partial(definition),
    expectedRemovalAt: definition.expectedRemovalAt.nullable(),
  })
  .meta({ id: 'FlagPatch' })

export type LayerInput = z.infer<typeof LayerInput>
export type RolloutInput = z.infer<typeof RolloutInput>
type ServeInput = z.infer<typeof ServeInput>
type StoredLayer = z.infer<typeof Layer>
export type StoredKill = z.infer<typeof Kill>

/**
 * The layer as it is stored. Salts and ranges go on from what was served so far, so that people keep what they have.
 * @param served what the scope serves now, its own or inherited
 * @throws {FlaghoistError} `WEIGHTS_INVALID`
 */
export function toLayer(
  input: LayerInput,
  served: Pick<StoredLayer, 'rollout' | 'fallthrough' | 'rules'>,
): StoredLayer {
  const { on, off, rules, rollout, fallthrough, note } = input
  const before = new Map((served.rules ?? []).map((rule) => [rule.id, rule.serve]))
  const layer = {
    on,
    off,
    rules: rules?.map((rule, i) => {
      const id = rule.id ?? `rule-${i + 1}-${randomBytes(3).toString('hex')}`
      return { ...rule, id, serve: toServe(rule.serve, before.get(id)) }
    }),
    rollout: rollout && toRollout(rollout, served.rollout ?? undefined),
    fallthrough: fallthrough && toServe(fallthrough, served.fallthrough),
    note,
  }
  if (rollout === null) Object.assign(layer, { rollout: null })
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined))
}

function toServe(input: ServeInput, before: ServeValue | undefined): ServeValue {
  if (!('weights' in input)) return input
  const split = before !== undefined && 'split' in before ? before.split : undefined
  const ranges = split?.ranges ?? (before && 'variant' in before ? whole(before.variant) : [])
  return {
    split: {
      by: input.by ?? split?.by ?? 'targetingKey',
      salt: split?.salt ?? makeSalt(),
      ranges: resplit(ranges, input.weights) as [number, number, string][],
    },
  }
}

function toRollout(input: RolloutInput, before: RolloutValue | undefined): RolloutValue {
  const { share, percent, variant, serve, by, salt, segments, planRun, step } = input
  if (share !== undefined && percent !== undefined)
    throw problem('REQUEST_INVALID', { problem: 'A rollout has a share or a percent, not both.' })
  const served = serve ?? (variant === undefined ? undefined : { variant })
  const rollout = {
    planRun,
    step,
    by: by ?? before?.by ?? 'targetingKey',
    salt: salt ?? before?.salt ?? makeSalt(),
    share:
      share ??
      (percent === undefined ? (before?.share ?? 0) : Math.round((percent * BUCKETS) / 100)),
    serve:
      served === undefined ? (before?.serve ?? { variant: 'on' }) : toServe(served, before?.serve),
    segments: segments ?? before?.segments,
  }
  return Object.fromEntries(
    Object.entries(rollout).filter(([, value]) => value !== undefined),
  ) as RolloutValue
}

const whole = (variant: string): [number, number, string][] => [[0, BUCKETS, variant]]

/** A salt decides who is in; random, so that no two flags treat the same people first. */
const makeSalt = (): string => randomBytes(8).toString('hex')

function partial<T extends z.ZodRawShape>(shape: T) {
  return z.object(shape).partial().shape
}
