import type { Flag } from '@flaghoist/core/schema'

/** Returns the call that evaluates a flag of its type. */
export function callOf({ key, type }: Pick<Flag, 'key' | 'type'>): string {
  return type === 'boolean' ? `flags.isEnabled("${key}")` : `flags.value("${key}", fallback)`
}
