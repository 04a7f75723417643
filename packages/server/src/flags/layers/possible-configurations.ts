import { type LayerConfiguration, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { getOrSet } from '../../get-or-set.ts'

type Serve = LayerConfiguration['fallthrough']

/** Returns a configuration that is switched off, as an unmet prerequisite serves it. */
export const closed = (configuration: LayerConfiguration): LayerConfiguration => ({
  ...configuration,
  on: false,
})

/**
 * Returns a function that finds the configurations of a flag that contexts of a scope can get: that
 * of the layers, unless a prerequisite is never met, and the closed one, unless all are always met.
 * Flags that share prerequisites are looked at once.
 */
export function possibleConfigurationsIn(
  state: ProjectState,
  scope: string,
): (flag: Flag) => readonly LayerConfiguration[] {
  const served = new Map<string, readonly string[]>()
  const servedBy = (flag: Flag) =>
    getOrSet(served, flag.key, () => possible(flag).flatMap(variantsOf))
  /** Returns whether contexts of the scope meet a prerequisite. */
  const resultOf = ({ flag: key, variants }: Flag['prerequisites'][number]) => {
    const flag = state.flags.get(key)
    if (flag === undefined || flag.archivedAt !== undefined) return 'never'
    const found = servedBy(flag)
    if (found.every((variant) => variants.includes(variant))) return 'always'
    return found.some((variant) => variants.includes(variant)) ? 'sometimes' : 'never'
  }
  const possible = (flag: Flag): readonly LayerConfiguration[] => {
    const { configuration } = resolveInScope(state, flag, scope)
    const results = flag.prerequisites.map(resultOf)
    if (results.includes('never')) return [closed(configuration)]
    const isOpen = results.every((result) => result === 'always')
    return isOpen ? [configuration] : [configuration, closed(configuration)]
  }
  return possible
}

function variantsOf({
  on,
  off,
  killed,
  rules = [],
  rollout,
  fallthrough,
}: LayerConfiguration): readonly string[] {
  if (killed || !on) return [off]
  const serves = [...rules, ...(rollout ? [rollout] : [])].map(({ serve }) => serve)
  return [...serves, fallthrough].flatMap(variantsIn)
}

const variantsIn = (serve: Serve): readonly string[] =>
  'split' in serve ? serve.split.ranges.map(([, , variant]) => variant) : [serve.variant]

/** Returns a configuration with other names of its variants. */
export function renameVariants(
  configuration: LayerConfiguration,
  nameOf: (variant: string) => string,
): LayerConfiguration {
  const renamed = (serve: Serve): Serve =>
    'split' in serve
      ? {
          split: {
            ...serve.split,
            ranges: serve.split.ranges.map(([from, to, variant]) => [from, to, nameOf(variant)]),
          },
        }
      : { variant: nameOf(serve.variant) }
  const { off, rules, rollout, fallthrough } = configuration
  return {
    ...configuration,
    off: nameOf(off),
    fallthrough: renamed(fallthrough),
    ...(rules && { rules: rules.map((rule) => ({ ...rule, serve: renamed(rule.serve) })) }),
    ...(rollout && { rollout: { ...rollout, serve: renamed(rollout.serve) } }),
  }
}
