import type { ApiKey } from '@flaghoist/core/schema'

/** Checks that a key is neither revoked nor expired. @param now epoch ms */
export function isLive(key: ApiKey | undefined, now: number): key is ApiKey {
  if (key === undefined || key.revokedAt !== undefined) return false
  return key.expiresAt === undefined || Date.parse(key.expiresAt) > now
}
