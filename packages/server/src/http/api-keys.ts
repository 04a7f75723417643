import type { ApiKey } from '@flaghoist/core/schema'
import type { Principal } from './principal.ts'

/** Finds the key behind a secret, over all projects; follows changes, so that a revoked key is out at once. */
export interface ApiKeys {
  /** The principal of a live key; undefined for an unknown, expired or revoked one. */
  authenticate(secret: string): Principal | undefined
  /** Called when a key that was live no longer is, so that its streams can be cut. */
  onRevoked(listener: (keyId: string) => void): () => void
  /** When a key was last used, epoch ms. */
  lastUsedAt(key: ApiKey): number | undefined
  close(): Promise<void>
}
