/**
 * Applies a merge patch: an absent member stays, `null` removes it (RFC 7396, first level only).
 */
export function mergePatch<T extends object>(target: T, changes: object): T {
  const merged = { ...target, ...changes }
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== null && value !== undefined),
  ) as T
}
