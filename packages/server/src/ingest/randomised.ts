import type { FlagConfiguration, RulesetFlag, Serve } from '@flaghoist/core'

/**
 * Returns true if chance decides what a flag serves to some units, in the scope or in one of its
 * instances. Only such units are compared, so only they are stored.
 */
export function isRandomised(flag: RulesetFlag): boolean {
  return hasRandomisedStep(flag) || Object.values(flag.instances ?? {}).some(hasRandomisedStep)
}

function hasRandomisedStep({ rollout, rules = [], fallthrough }: FlagConfiguration): boolean {
  return rollout !== undefined || isSplit(fallthrough) || rules.some(({ serve }) => isSplit(serve))
}

function isSplit(serve: Serve): boolean {
  return 'split' in serve
}
