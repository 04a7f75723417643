import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ApiKey } from '@flaghoist/core/schema'
import type { Changes } from '../projects/projects.ts'
import type { Store } from '../store/store.ts'
import type { Principal } from '../http/principal.ts'

/** Finds the key behind a secret; follows the changes, so that a revoked key is out at once. */
export interface ApiKeys {
  /** Who a secret stands for; undefined for an unknown, expired or revoked one. */
  authenticate(secret: string): Principal | undefined
  /** Whether a key may still be used. */
  isLive(keyId: string): boolean
  /** Calls back when a key was revoked, so that its streams can be cut. */
  onRevoked(listener: (keyId: string) => void): () => void
  /** When a key was last used, epoch ms. */
  lastUsedAt(keyId: string): number | undefined
  /** Writes down when keys were used; called by a timer, and at the end. */
  flush(): Promise<void>
}

export interface ApiKeysOptions {
  readonly changes: Changes
  readonly store: Store
  /** Wall clock, epoch ms. */
  readonly now: () => number
}

const KIND_PREFIX = { admin: 'fh_admin_', server: 'fh_server_', client: 'fh_client_' } as const
/** What of a secret is stored in clear, to recognise it by: the kind and 4 of its 43 characters. */
const SHOWN_CHARACTERS = 4

/** A new secret, 256 random bits, with what of it may be stored. */
export function makeSecret(kind: ApiKey['kind']): { secret: string; hash: string; prefix: string } {
  return describeSecret(kind, KIND_PREFIX[kind] + randomBytes(32).toString('base64url'))
}

/** What is stored of a secret; a plain hash suffices, because nobody can guess 256 random bits. */
export function describeSecret(
  kind: ApiKey['kind'],
  secret: string,
): { secret: string; hash: string; prefix: string } {
  const shown = secret.startsWith(KIND_PREFIX[kind])
    ? KIND_PREFIX[kind].length + SHOWN_CHARACTERS
    : SHOWN_CHARACTERS
  return { secret, hash: hashOf(secret), prefix: secret.slice(0, shown) }
}

/** Random id of a key: what changes and lists name it by. */
export const makeKeyId = (): string => `key-${randomBytes(6).toString('hex')}`

export async function createApiKeys({ changes, store, now }: ApiKeysOptions): Promise<ApiKeys> {
  const byHash = new Map<string, ApiKey>()
  const byId = new Map<string, ApiKey>()
  const used = new Map<string, number>()
  const unsaved = new Map<string, Map<string, number>>()
  const projectOf = new Map<string, string>()
  const listeners = new Set<(keyId: string) => void>()

  const learn = (project: string, key: ApiKey) => {
    byHash.set(key.hash, key)
    byId.set(key.id, key)
    projectOf.set(key.id, project)
  }
  for (const { key: project, state } of changes.projects()) {
    for (const key of state.apiKeys.values()) learn(project, key)
    for (const [id, at] of await store.keyUses(project)) used.set(id, at)
  }
  changes.onChange(({ key: project }, change) => {
    for (const edit of change.edits) {
      if (edit.kind !== 'apiKey') continue
      if (edit.before !== null) byHash.delete(edit.before.hash)
      if (edit.after === null) byId.delete(edit.key)
      else learn(project, edit.after)
      if (!isLive(byId.get(edit.key), now())) for (const tell of listeners) tell(edit.key)
    }
  })

  return {
    authenticate(secret) {
      const hash = hashOf(secret)
      const key = byHash.get(hash)
      if (key === undefined || !areEqual(hash, key.hash) || !isLive(key, now())) return undefined

      const project = projectOf.get(key.id)!
      const uses = unsaved.get(project) ?? new Map<string, number>()
      unsaved.set(project, uses.set(key.id, now()))
      used.set(key.id, now())
      return {
        keyId: key.id,
        name: key.name,
        kind: key.kind,
        project: key.project,
        scope: key.scope === '*' ? undefined : key.scope,
      }
    },

    isLive: (keyId) => isLive(byId.get(keyId), now()),
    onRevoked(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    lastUsedAt: (keyId) => used.get(keyId),
    async flush() {
      const pending = [...unsaved]
      unsaved.clear()
      for (const [project, uses] of pending) await store.recordKeyUses(project, uses)
    },
  }
}

function isLive(key: ApiKey | undefined, now: number): boolean {
  if (key === undefined || key.revokedAt !== undefined) return false
  return key.expiresAt === undefined || Date.parse(key.expiresAt) > now
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function areEqual(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
