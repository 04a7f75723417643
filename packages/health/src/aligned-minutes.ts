import type { VariantMinute } from './effect.ts'

/** The counts of two variants in one minute. */
export interface AlignedMinute {
  readonly minute: number
  readonly baseline: VariantMinute
  readonly other: VariantMinute
}

/** Pairs the minutes of two variants; a missing minute has no units. */
export function alignedMinutes(
  baseline: readonly VariantMinute[],
  other: readonly VariantMinute[],
): readonly AlignedMinute[] {
  const minutes = new Map<number, AlignedMinute>()
  const at = (minute: number): AlignedMinute => {
    const none = { minute, exposed: 0 }
    return minutes.get(minute) ?? { minute, baseline: none, other: none }
  }
  for (const one of baseline) minutes.set(one.minute, { ...at(one.minute), baseline: one })
  for (const one of other) minutes.set(one.minute, { ...at(one.minute), other: one })
  return [...minutes.values()].sort((a, b) => a.minute - b.minute)
}
