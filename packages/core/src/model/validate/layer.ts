import type { Issue } from '../../errors.ts'
import { BUCKETS } from '../../hash.ts'
import type { Serve, Split } from '../../ruleset.ts'
import type { Layer } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validateWhen } from './targeting.ts'

interface LayerScope {
  readonly state: ProjectState
  readonly variants: ReadonlySet<string>
}

/** What is wrong with what one scope sets of a flag. */
export function validateLayer(
  state: ProjectState,
  flagKey: string,
  scope: string,
): readonly Issue[] {
  const flag = state.flags.get(flagKey)
  const layer = flag && Object.hasOwn(flag.layers, scope) ? flag.layers[scope] : undefined
  if (flag === undefined || layer === undefined) return []

  const within: LayerScope = { state, variants: new Set(flag.variants.map(({ key }) => key)) }
  return [
    ...(layer.off === undefined ? [] : validateVariant(layer.off, 'off', within)),
    ...validateRules(layer, within),
    ...validateRollout(layer, within),
    ...(layer.fallthrough === undefined
      ? []
      : validateServe(layer.fallthrough, 'fallthrough', within)),
  ]
}

function validateRules({ rules = [] }: Layer, within: LayerScope): readonly Issue[] {
  const seen = new Set<string>()
  return rules.flatMap((rule, i) => {
    const isTwin = seen.has(rule.id)
    seen.add(rule.id)
    const twin = { path: `rules.${i}.id`, message: `There are two rules "${rule.id}".` }
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

function validateRollout({ rollout, fallthrough }: Layer, within: LayerScope): readonly Issue[] {
  if (!rollout) return []
  const issues = [...validateServe(rollout.serve, 'rollout.serve', within)]
  for (const key of rollout.segments ?? [])
    if (!within.state.segments.has(key))
      issues.push({ path: 'rollout.segments', message: `There is no segment "${key}".` })
  // With one salt, those in the rollout would all fall into the first ranges of the split.
  for (const [path, serve] of [
    ['rollout.serve', rollout.serve],
    ['fallthrough', fallthrough],
  ] as const)
    if (serve && 'split' in serve && serve.split.salt === rollout.salt)
      issues.push({
        path: `${path}.split.salt`,
        message: 'A split needs another salt than the rollout.',
      })
  return issues
}

function validateServe(serve: Serve, path: string, within: LayerScope): readonly Issue[] {
  if ('variant' in serve) return validateVariant(serve.variant, `${path}.variant`, within)
  return validateSplit(serve.split, `${path}.split`, within)
}

function validateSplit({ ranges }: Split, path: string, within: LayerScope): readonly Issue[] {
  const issues: Issue[] = []
  let least = 0
  for (const [i, [start, end, variant]] of ranges.entries()) {
    if (start !== least || end <= start)
      issues.push({
        path: `${path}.ranges.${i}`,
        message: `The range [${start}, ${end}) does not start at ${least} or is empty.`,
      })
    issues.push(...validateVariant(variant, `${path}.ranges.${i}`, within))
    least = end
  }
  if (least !== BUCKETS)
    issues.push({
      path: `${path}.ranges`,
      message: `The ranges end at ${least}, not at ${BUCKETS}.`,
    })
  return issues
}

function validateVariant(key: string, path: string, { variants }: LayerScope): readonly Issue[] {
  if (variants.has(key)) return []
  return [
    { path, message: `There is no variant "${key}". There are: ${[...variants].join(', ')}.` },
  ]
}
