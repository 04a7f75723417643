import { canonicalJson } from '../../canonical-json.ts'
import type { Issue } from '../../errors.ts'
import { BUCKETS } from '../../hash.ts'
import type { Serve, Split } from '../../ruleset/wire.ts'
import type { Edit, Flag, Layer } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validateWhen } from './when.ts'

interface LayerScope {
  readonly state: ProjectState
  readonly variants: ReadonlySet<string>
}

/** What is wrong with what one scope sets of a flag. */
export function validateLayer(state: ProjectState, flag: Flag, scope: string): readonly Issue[] {
  const layer = Object.hasOwn(flag.layers, scope) ? flag.layers[scope]! : {}
  const within: LayerScope = { state, variants: new Set(flag.variants.map(({ key }) => key)) }
  const { off, fallthrough } = layer

  return [
    ...(scope === '*' ? validateBase(flag.key, layer) : []),
    ...(off === undefined ? [] : validateVariant(off, 'off', within)),
    ...validateRules(layer, within),
    ...validateRollout(layer, within),
    ...(fallthrough === undefined ? [] : validateServe(fallthrough, 'fallthrough', within)),
    ...validateSalts(flag, layer),
  ]
}

/**
 * Whether an edit at most kills, restores or annotates. Nothing else of the layer may stand in its
 * way then.
 */
export function isKillOnly({ before, after }: Extract<Edit, { kind: 'layer' }>): boolean {
  const rest = ({ killed: _, note: __, ...layer }: Layer) => canonicalJson(layer)
  return rest(after ?? {}) === rest(before ?? {})
}

/** A flag can be served everywhere only if the layer `*` says how. */
function validateBase(flagKey: string, base: Layer): readonly Issue[] {
  return (['on', 'off', 'fallthrough'] as const)
    .filter((field) => base[field] === undefined)
    .map((field) => ({
      path: field,
      message: `The layer "*" of "${flagKey}" does not set "${field}". Set it: other scopes build on it.`,
    }))
}

function validateRules({ rules = [] }: Layer, within: LayerScope): readonly Issue[] {
  const seen = new Set<string>()
  return rules.flatMap((rule, i) => {
    const isTwin = seen.has(rule.id)
    seen.add(rule.id)
    const twin = {
      path: `rules.${i}.id`,
      message: `There are two rules "${rule.id}". Give each its own id.`,
    }
    const scope = { state: within.state, isInSegment: false }
    return [
      ...(isTwin ? [twin] : []),
      ...validateWhen(rule.when, scope).map(({ path, message }) => ({
        path: `rules.${i}.when.${path}`,
        message,
      })),
      ...validateServe(rule.serve, `rules.${i}.serve`, within),
    ]
  })
}

function validateRollout({ rollout }: Layer, within: LayerScope): readonly Issue[] {
  if (!rollout) return []
  const missing = (rollout.segments ?? []).filter((key) => !within.state.segments.has(key))
  return [
    ...validateServe(rollout.serve, 'rollout.serve', within),
    ...missing.map((key) => ({
      path: 'rollout.segments',
      message: `There is no segment "${key}". Create it first, or leave it out.`,
    })),
  ]
}

/**
 * With one salt, those in a rollout would all fall into the first ranges of a split. Layers are
 * asked together, because a rollout may come from one and the split from another.
 */
function validateSalts(flag: Flag, layer: Layer): readonly Issue[] {
  const all = Object.values(flag.layers)
  const rolledOut = new Set(all.flatMap(({ rollout }) => (rollout ? [rollout.salt] : [])))
  const split = new Set(all.flatMap((one) => splitsOf(one).map(({ salt }) => salt)))
  const cure = 'Use another salt for the split.'
  const { rollout } = layer
  return [
    ...(rollout && split.has(rollout.salt)
      ? [
          {
            path: 'rollout.salt',
            message: `A split of "${flag.key}" has the salt "${rollout.salt}" as well. ${cure}`,
          },
        ]
      : []),
    ...splitsOf(layer)
      .filter(({ salt }) => rolledOut.has(salt))
      .map(({ salt, path }) => ({
        path: `${path}.split.salt`,
        message: `A rollout of "${flag.key}" has the salt "${salt}" as well. ${cure}`,
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

function validateServe(serve: Serve, path: string, within: LayerScope): readonly Issue[] {
  if ('variant' in serve) return validateVariant(serve.variant, `${path}.variant`, within)
  return validateSplit(serve.split, `${path}.split`, within)
}

function validateSplit({ ranges }: Split, path: string, within: LayerScope): readonly Issue[] {
  const issues: Issue[] = []
  let least = 0
  for (const [i, [start, end, variant]] of ranges.entries()) {
    const at = `${path}.ranges.${i}`
    if (start !== least)
      issues.push({
        path: at,
        message: `The range [${start}, ${end}) has to start at ${least}, where the one before ends.`,
      })
    if (end <= start)
      issues.push({ path: at, message: `The range [${start}, ${end}) is empty. Leave it out.` })
    issues.push(...validateVariant(variant, at, within))
    least = end
  }
  if (least !== BUCKETS)
    issues.push({
      path: `${path}.ranges`,
      message: `The ranges end at ${least}. Let the last one end at ${BUCKETS}.`,
    })
  return issues
}

function validateVariant(key: string, path: string, { variants }: LayerScope): readonly Issue[] {
  if (variants.has(key)) return []
  return [
    { path, message: `There is no variant "${key}". Use one of: ${[...variants].join(', ')}.` },
  ]
}
