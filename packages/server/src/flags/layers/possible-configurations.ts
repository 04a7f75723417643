import { type LayerConfiguration, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'

type Serve = LayerConfiguration['fallthrough']

/** Returns a configuration that is switched off, as an unmet prerequisite serves it. */
export const closed = (configuration: LayerConfiguration): LayerConfiguration => ({
  ...configuration,
  on: false,
})

/**
 * Returns the configurations that contexts of a scope can get: the configuration of the layers,
 * unless a prerequisite is never met, and the closed one, unless all are always met.
 */
export function possibleConfigurations(
  state: ProjectState,
  flag: Flag,
  scope: string,
): readonly LayerConfiguration[] {
  const { configuration } = resolveInScope(state, flag, scope)
  const results = flag.prerequisites.map((one) => resultOf(state, one, scope))
  if (results.includes('never')) return [closed(configuration)]
  const isOpen = results.every((result) => result === 'always')
  return isOpen ? [configuration] : [configuration, closed(configuration)]
}

/** Returns whether contexts of a scope meet a prerequisite. */
function resultOf(
  state: ProjectState,
  { flag: key, variants }: Flag['prerequisites'][number],
  scope: string,
): 'always' | 'sometimes' | 'never' {
  const flag = state.flags.get(key)
  if (flag === undefined || flag.archivedAt !== undefined) return 'never'
  const served = possibleConfigurations(state, flag, scope).flatMap(variantsOf)
  if (served.every((variant) => variants.includes(variant))) return 'always'
  return served.some((variant) => variants.includes(variant)) ? 'sometimes' : 'never'
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
