import { canonicalJson } from '../canonical-json.ts'
import type { Flag } from '../schema/index.ts'
import { scopeChain } from '../scope.ts'
import {
  type LayerConfiguration,
  layerOf,
  onVariantOf,
  resolveLayers,
  withoutRuleNames,
} from './layers.ts'

/**
 * Checks that a flag is on in a scope and has nothing to serve there: no rules, no rollout, no
 * fallthrough, and no on variant that a boolean flag serves by default.
 */
export function servesNothing(flag: Flag, scope: string): boolean {
  if (onVariantOf(flag) !== undefined) return false
  const { on, rules, rollout } = resolveLayers(flag, scope).configuration
  const hasFallthrough = scopeChain(scope).some((name) => layerOf(flag, name)?.fallthrough)
  return on && !rules && !rollout && !hasFallthrough
}

/** A rollout or a rule that changes no evaluation. */
export interface StepWithoutEffect {
  readonly step: 'rollout' | 'last rule'
  /** The variant that the step and the fallthrough serve. */
  readonly variant: string
}

/**
 * Returns the last step before the fallthrough if both serve the same variant, so that the step
 * changes no evaluation. Returns undefined if the write changes neither steps nor fallthrough, so
 * that flags of an earlier version stay writable.
 *
 * @param before the flag before the write; undefined for a new flag
 */
export function stepWithoutEffect(
  before: Flag | undefined,
  after: Flag,
  scope: string,
): StepWithoutEffect | undefined {
  const is = resolveLayers(after, scope).configuration
  const was = before && resolveLayers(before, scope).configuration
  if (was && stepsText(was) === stepsText(is) && (was.on || !is.on)) return undefined

  const { rules = [], rollout, fallthrough } = is
  const last = rollout?.serve ?? rules.at(-1)?.serve
  if (last === undefined || !('variant' in last) || !('variant' in fallthrough)) return undefined
  if (last.variant !== fallthrough.variant) return undefined
  return { step: rollout ? 'rollout' : 'last rule', variant: last.variant }
}

function stepsText({ rules = [], rollout, fallthrough }: LayerConfiguration): string {
  return canonicalJson([withoutRuleNames(rules), rollout ?? null, fallthrough])
}
