import { canonicalJson } from '../canonical-json.ts'
import { BUCKETS } from '../hash.ts'
import type { Rollout, Serve } from '../ruleset/wire.ts'
import type { Flag } from '../schema/index.ts'
import { conditionText } from './compile/hash-identifiers.ts'
import type { LayerConfiguration } from './layers.ts'
import { weightsOf } from './ranges.ts'
import { matchesEveryContext } from './resolved-clauses.ts'
import { ownConfiguration, type ServingState } from './served-configuration.ts'

/** Returns the {@link servingText} of the configuration that SDKs of a scope evaluate. */
export function servingTextIn(state: ServingState, flag: Flag, scope: string): string {
  return servingText(flag, ownConfiguration(state, flag, scope))
}

/**
 * Returns the text of the variants that a configuration serves, without the salts that select the
 * units of a share. Two scopes with equal texts serve equal variants to equal shares of equal
 * contexts. Settings without an effect, such as the rules of a flag that is off, are left out.
 * Contexts are taken to have their units: a rollout to all units equals its variant for everyone.
 */
export function servingText(
  { prerequisites }: Pick<Flag, 'prerequisites'>,
  configuration: LayerConfiguration,
): string {
  const { off } = configuration
  const { rules, rest } = stepsOf(configuration)
  const isAlwaysOff = rules.length === 0 && rest === textOf({ variant: off })
  const unmet = prerequisites.length > 0 && !isAlwaysOff ? off : undefined
  return canonicalJson({ rules, rest, unmet })
}

/** The rules that have an effect, and the text of the rest. */
interface Steps {
  readonly rules: readonly { readonly when: string; readonly serve: string }[]
  readonly rest: string
}

function stepsOf({ on, killed, off, rules = [], rollout, fallthrough }: LayerConfiguration): Steps {
  if (!on || killed) return { rules: [], rest: textOf({ variant: off }) }
  const last = rules.findIndex(matchesEveryContext)
  const reached = last < 0 ? rules : rules.slice(0, last)
  const rest = last < 0 ? restOf(rollout, textOf(fallthrough)) : textOf(rules[last]!.serve)
  const texts = reached.map(({ when, serve }) => ({
    when: conditionText(when),
    serve: textOf(serve),
  }))
  while (texts.at(-1)?.serve === rest) texts.pop()
  return { rules: texts, rest }
}

function restOf(rollout: Rollout | undefined, fallthrough: string): string {
  if (rollout === undefined) return fallthrough
  const { by, share, segments = [] } = rollout
  const serve = textOf(rollout.serve)
  if (serve === fallthrough || (share === 0 && segments.length === 0)) return fallthrough
  if (share === BUCKETS) return serve
  return canonicalJson({ by, share, segments: [...segments].sort(), serve, fallthrough })
}

/** Splits of equal weights are equal, whatever ranges they have. */
function textOf(serve: Serve): string {
  if ('variant' in serve) return serve.variant
  const { by, ranges } = serve.split
  const weights = Object.entries(weightsOf(ranges)).filter(([, weight]) => weight > 0)
  const [first] = weights
  return weights.length === 1 ? first![0] : canonicalJson({ by, weights: weights.sort() })
}
