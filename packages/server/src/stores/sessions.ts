/** A session of a person who signed in with an admin key, as the store holds it. */
export interface StoredSession {
  readonly id: string
  /** SHA-256 of its secret, hexadecimal. */
  readonly hash: string
  /** Id of the API key that signed in. */
  readonly keyId: string
  /** Name that the person gave; undefined without one. */
  readonly person: string | undefined
  /** Epoch ms. */
  readonly createdAt: number
  /** Last use as recorded, epoch ms. */
  readonly usedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
}

/** Instants before which sessions are deleted, epoch ms. */
export interface SessionPruning {
  readonly expiredBefore: number
  readonly usedBefore: number
}

/**
 * The sessions of people, for all servers. They hold no secret: only a hash of it.
 *
 * - **Durability**: as for the change log, once `create` or `delete` resolves. A use may be lost.
 * - **Order**: once `delete` resolves, no server finds the session, and no later use restores it.
 *
 * Every implementation passes `describeSessions` of `sessions.contract.ts`.
 */
export interface SessionStore {
  create(session: StoredSession): Promise<void>
  find(id: string): Promise<StoredSession | undefined>
  /** Lists all sessions, oldest first. */
  list(): Promise<readonly StoredSession[]>
  /** Records a use of a session. Does nothing for one that does not exist. */
  recordUse(id: string, at: number): Promise<void>
  delete(id: string): Promise<void>
  prune(pruning: SessionPruning): Promise<void>
}
