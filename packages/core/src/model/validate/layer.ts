import { canonicalJson } from '../../canonical-json.ts'
import type { Issue } from '../../errors.ts'
import { BUCKETS } from '../../hash.ts'
import type { Serve, Split } from '../../ruleset/wire.ts'
import type { Edit, Flag, Layer } from '../../schema/index.ts'
import { layerOf } from '../layers.ts'
import type { ProjectState } from '../state.ts'
import { missingText } from './missing.ts'
import { validateWhen } from './when.ts'

/** The inputs of a layer's checks. */
interface LayerInputs {
  readonly state: ProjectState
  readonly variants: ReadonlySet<string>
}

/** Returns the issues of a flag's layer in one scope. */
export function validateLayer(state: ProjectState, flag: Flag, scope: string): readonly Issue[] {
  const layer = layerOf(flag, scope) ?? {}
  const inputs: LayerInputs = { state, variants: new Set(flag.variants.map(({ key }) => key)) }
  const { off, fallthrough } = layer

  return [
    ...(scope === '*' ? validateBase(flag, layer) : []),
    ...(off === undefined ? [] : validateVariant(off, 'off', inputs)),
    ...validateRules(layer, inputs),
    ...validateRollout(layer, inputs),
    ...(fallthrough === undefined ? [] : validateServe(fallthrough, 'fallthrough', inputs)),
    ...validateSalts(flag, layer),
  ]
}

/**
 * Checks that an edit only kills, restores or annotates. Issues elsewhere in the layer must not
 * block such an edit.
 */
export function isKillOnly({ before, after }: Extract<Edit, { kind: 'layer' }>): boolean {
  const rest = ({ killed: _, note: __, ...layer }: Layer) => canonicalJson(layer)
  return rest(after ?? {}) === rest(before ?? {})
}

/** The layer `*` must set the members that every scope needs. */
function validateBase({ key, type }: Flag, base: Layer): readonly Issue[] {
  const required = type === 'boolean' ? (['on', 'off'] as const) : (['on'] as const)
  return required
    .filter((field) => base[field] === undefined)
    .map((field) => ({
      path: field,
      message: `The layer "*" of flag "${key}" does not set "${field}". Set it, because all scopes inherit it.`,
    }))
}

function validateRules({ rules = [] }: Layer, inputs: LayerInputs): readonly Issue[] {
  const seen = new Set<string>()
  return rules.flatMap((rule, i) => {
    const isDuplicate = seen.has(rule.id)
    seen.add(rule.id)
    const duplicate = {
      path: `rules.${i}.id`,
      message: `Two rules have the id "${rule.id}". Set a unique id for each rule.`,
    }
    const scope = { state: inputs.state, isInSegment: false }
    return [
      ...(isDuplicate ? [duplicate] : []),
      ...validateWhen(rule.when, scope).map(({ path, message }) => ({
        path: `rules.${i}.when.${path}`,
        message,
      })),
      ...validateServe(rule.serve, `rules.${i}.serve`, inputs),
    ]
  })
}

function validateRollout({ rollout }: Layer, inputs: LayerInputs): readonly Issue[] {
  if (!rollout) return []
  const missing = (rollout.segments ?? []).filter((key) => !inputs.state.segments.has(key))
  return [
    ...validateUnit(rollout.by, 'rollout.by'),
    ...validateServe(rollout.serve, 'rollout.serve', inputs),
    ...missing.map((key) => ({
      path: 'rollout.segments',
      message: missingText('Segment', key, {
        known: inputs.state.segments.keys(),
        cure: 'Create it first, or remove it from the rollout.',
      }),
    })),
  ]
}

/**
 * With the same salt, all treated units of a rollout would fall into the first ranges of a split.
 * The check covers all layers, because the rollout and the split may come from different layers.
 */
function validateSalts(flag: Flag, layer: Layer): readonly Issue[] {
  const all = Object.values(flag.layers)
  const rolledOut = new Set(all.flatMap(({ rollout }) => (rollout ? [rollout.salt] : [])))
  const split = new Set(all.flatMap((one) => splitsOf(one).map(({ salt }) => salt)))
  const hint = 'Use another salt for the split.'
  const { rollout } = layer
  return [
    ...(rollout && split.has(rollout.salt)
      ? [
          {
            path: 'rollout.salt',
            message: `A split of flag "${flag.key}" has the same salt "${rollout.salt}". ${hint}`,
          },
        ]
      : []),
    ...splitsOf(layer)
      .filter(({ salt }) => rolledOut.has(salt))
      .map(({ salt, path }) => ({
        path: `${path}.split.salt`,
        message: `A rollout of flag "${flag.key}" has the same salt "${salt}". ${hint}`,
      })),
  ]
}

function splitsOf({ rules = [], rollout, fallthrough }: Layer) {
  const serves: readonly (readonly [string, Serve | undefined])[] = [
    ...rules.map(({ serve }, i) => [`rules.${i}.serve`, serve] as const),
    ['rollout.serve', rollout?.serve],
    ['fallthrough', fallthrough],
  ]
  return serves.flatMap(([path, serve]) =>
    serve && 'split' in serve ? [{ path, salt: serve.split.salt }] : [],
  )
}

function validateServe(serve: Serve, path: string, inputs: LayerInputs): readonly Issue[] {
  if ('variant' in serve) return validateVariant(serve.variant, `${path}.variant`, inputs)
  return validateSplit(serve.split, `${path}.split`, inputs)
}

/** A tag is the same for all units of an instance, and no SDK receives it. */
function validateUnit(by: string, path: string): readonly Issue[] {
  if (!by.startsWith('instance.')) return []
  const message = `Units cannot be bucketed by "${by}". Use "targetingKey", or "instance" for whole instances.`
  return [{ path, message }]
}

function validateSplit({ by, ranges }: Split, path: string, inputs: LayerInputs): readonly Issue[] {
  const issues: Issue[] = [...validateUnit(by, `${path}.by`)]
  let expected = 0
  for (const [i, [start, end, variant]] of ranges.entries()) {
    const at = `${path}.ranges.${i}`
    if (start !== expected)
      issues.push({
        path: at,
        message: `The range [${start}, ${end}) must start at ${expected}, the end of the previous range.`,
      })
    if (end <= start)
      issues.push({ path: at, message: `The range [${start}, ${end}) is empty. Remove it.` })
    issues.push(...validateVariant(variant, at, inputs))
    expected = end
  }
  if (expected !== BUCKETS)
    issues.push({
      path: `${path}.ranges`,
      message: `The ranges end at ${expected}. Extend the last range to ${BUCKETS}.`,
    })
  return issues
}

function validateVariant(key: string, path: string, { variants }: LayerInputs): readonly Issue[] {
  if (variants.has(key)) return []
  return [
    { path, message: `Variant "${key}" does not exist. Use one of: ${[...variants].join(', ')}.` },
  ]
}
