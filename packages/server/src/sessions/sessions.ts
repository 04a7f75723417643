import { hash, randomBytes } from 'node:crypto'
import type { SessionAuthenticator } from '../http/auth.ts'
import { equalsInConstantTime } from '../http/constant-time.ts'
import type { Principal } from '../http/principal.ts'
import type { ApiKeys } from '../keys/api-keys.ts'
import { createListeners } from '../projects/listeners.ts'
import type { SessionStore, StoredSession } from '../stores/sessions.ts'
import { isStoreFailure } from '../stores/store-failure.ts'
import { HOUR_MS, MINUTE_MS } from '../time.ts'

/** Longest life of a session. */
export const MAX_LIFE_MS = 12 * HOUR_MS
/** Time without a request or an open stream after which a session ends. */
const MAX_IDLE_MS = HOUR_MS
/** Precision of the recorded last use. */
const USE_PRECISION_MS = MINUTE_MS

/** A new session, with the token that its cookie holds. */
export interface OpenedSession {
  readonly session: StoredSession
  readonly token: string
}

/**
 * The sessions of people. A session has the rights of the key that signed in, and ends with it. The
 * stores of all servers hold it, so each server sees at its next request that it has ended.
 */
export interface Sessions extends SessionAuthenticator {
  /** Opens a session of a key. */
  open(principal: Principal, person: string | undefined): Promise<OpenedSession>
  /** Returns a session that has not ended. */
  find(id: string): Promise<StoredSession | undefined>
  /** Lists the sessions that have not ended. */
  list(): Promise<readonly StoredSession[]>
  end(id: string): Promise<void>
  /** Counts an open stream as a use of its session. Returns false once the session has ended. */
  keepAlive(id: string): Promise<boolean>
  /**
   * Calls the listener with the id of each session that this server has ended. Returns a function
   * that unsubscribes.
   */
  onEnded(listener: (id: string) => void): () => void
  /** Deletes the sessions that have ended by time. */
  prune(): Promise<void>
}

export interface SessionsOptions {
  readonly store: SessionStore
  readonly keys: ApiKeys
  /** Wall clock, epoch ms. */
  readonly now: () => number
  readonly onListenerError: (error: unknown) => void
}

export function createSessions({ store, keys, now, onListenerError }: SessionsOptions): Sessions {
  const ended = createListeners<[string]>(onListenerError)
  const known = createKnownSessions(store)

  const isOpen = ({ expiresAt, usedAt, keyId }: StoredSession) =>
    now() < expiresAt && now() - usedAt < MAX_IDLE_MS && keys.isLive(keyId)
  const find = async (id: string) => {
    const session = await known.find(id)
    return session !== undefined && isOpen(session) ? session : undefined
  }
  const recordUse = async (session: StoredSession) => {
    if (now() - session.usedAt < USE_PRECISION_MS) return
    await known.use(session, now())
  }
  return {
    async open({ keyId }, person) {
      const { token, ...secret } = createToken()
      const at = now()
      const times = { createdAt: at, usedAt: at, expiresAt: at + MAX_LIFE_MS }
      const session = { ...secret, keyId, person, ...times }
      await store.create(session)
      return { session, token }
    },
    find,
    list: async () => (await store.list()).filter(isOpen),
    async authenticate(token) {
      const session = await known.find(idOf(token))
      if (session === undefined || !equalsInConstantTime(hashOf(token), session.hash))
        return undefined
      const principal = keys.authenticateId(session.keyId)
      if (principal === undefined || !isOpen(session)) return undefined
      await recordUse(session)
      return { ...principal, session: session.id, person: session.person }
    },
    async end(id) {
      await known.end(id)
      ended.emit(id)
    },
    async keepAlive(id) {
      const session = await find(id)
      if (session !== undefined) await recordUse(session)
      return session !== undefined
    },
    onEnded: ended.add,
    async prune() {
      const pruning = { expiredBefore: now(), usedBefore: now() - MAX_IDLE_MS }
      known.prune(pruning.expiredBefore)
      await store.prune(pruning)
    },
  }
}

/**
 * Creates a reader of sessions that remembers those that it has found: a person who is signed in
 * can kill a flag while the store fails.
 */
function createKnownSessions(store: SessionStore) {
  const known = new Map<string, StoredSession>()
  return {
    async find(id: string): Promise<StoredSession | undefined> {
      try {
        const session = await store.find(id)
        if (session === undefined) known.delete(id)
        else known.set(id, session)
        return session
      } catch (error) {
        const session = known.get(id)
        if (session === undefined || !isStoreFailure(error)) throw error
        return session
      }
    },
    async use(session: StoredSession, at: number): Promise<void> {
      known.set(session.id, { ...session, usedAt: at })
      await store.recordUse(session.id, at).catch(ignoreStoreFailure)
    },
    /** Deletes a session, so that a later failure of the store does not bring it back. */
    async end(id: string): Promise<void> {
      await store.delete(id)
      known.delete(id)
    },
    /** Forgets the sessions that have expired. */
    prune(now: number): void {
      for (const { id, expiresAt } of known.values()) if (expiresAt < now) known.delete(id)
    },
  }
}

/** Access does not depend on the record of a use. */
function ignoreStoreFailure(error: unknown): void {
  if (!isStoreFailure(error)) throw error
}

/** Creates the random token of a session: its id, and 256 secret bits. */
function createToken() {
  const id = `session-${randomBytes(6).toString('hex')}`
  const token = `${id}.${randomBytes(32).toString('base64url')}`
  return { id, token, hash: hashOf(token) }
}

function idOf(token: string): string {
  return token.split('.', 1)[0]!
}

/** A plain hash is enough, because 256 random bits cannot be guessed. */
function hashOf(token: string): string {
  return hash('sha256', token)
}
