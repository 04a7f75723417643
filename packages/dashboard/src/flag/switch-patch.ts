import type { LayerPatch } from './flag-requests.ts'

/** State that a switch gives a flag in a scope. */
export type SwitchState = 'on' | 'off' | 'share'

/** Keys of the variants that a switch between on and off means. */
export interface SwitchVariants {
  readonly on: string
  readonly off: string
}

/** Returns the variants that a switch means; undefined for a flag that is not boolean. */
export function switchVariants(
  variants: readonly { readonly key: string; readonly value?: unknown }[],
): SwitchVariants | undefined {
  const keyOf = (wanted: boolean) => variants.find(({ value }) => value === wanted)?.key
  const [on, off] = [keyOf(true), keyOf(false)]
  return on !== undefined && off !== undefined ? { on, off } : undefined
}

/**
 * Returns the members of a layer that a switch changes.
 * @param percent share of the units with the new variant, for `share` alone
 */
export function switchPatch(
  state: SwitchState,
  variants: SwitchVariants | undefined,
  percent: number,
): LayerPatch {
  if (state === 'off') return { on: false }
  if (variants === undefined) return { on: true }
  const { on, off } = variants
  // A share without the old variant for all others would change nothing.
  if (state === 'share')
    return { on: true, rollout: { percent, variant: on }, fallthrough: { variant: off } }
  return { on: true, rollout: null, fallthrough: { variant: on } }
}
