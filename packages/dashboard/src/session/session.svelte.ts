import { useCsrf, whenSignedOut } from '../api/client.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { endSession, type Identity, openSession, readSession } from './session-requests.ts'

type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable'; readonly problem: Problem }
  | { readonly kind: 'signed-out' }
  /** The session has ended while the page is open. */
  | { readonly kind: 'expired'; readonly identity: Identity }
  | { readonly kind: 'signed-in'; readonly identity: Identity }

let state = $state.raw<SessionState>({ kind: 'unknown' })

/** The session of this browser. Its key decides what each request may see and change. */
export const session = {
  get state(): SessionState {
    return state
  },

  /** The caller, also of a session that has ended. */
  get identity(): Identity | undefined {
    return 'identity' in state ? state.identity : undefined
  },

  /** Loads the session of the cookie. */
  async resume(): Promise<void> {
    try {
      enter(await readSession())
    } catch (error) {
      const problem = problemOf(error)
      if (problem.status !== 401) state = { kind: 'unreachable', problem }
    }
  },

  /** Loads the session again, such as after a change of the projects that its key sees. */
  async renew(): Promise<void> {
    enter(await readSession())
  },

  /** @throws {RequestError} if the server refuses the key */
  async signIn(key: string, person: string): Promise<void> {
    enter(await openSession(key, person))
  },

  async signOut(): Promise<void> {
    await endSession()
    useCsrf(undefined)
    state = { kind: 'signed-out' }
  },
}

/** Returns the scope that the key is limited to; undefined for the whole project. */
export function boundScope(): string | undefined {
  return session.identity?.key.scope
}

/** Returns the name of the person of the session, or that of its key. */
export function personName(): string {
  const { identity } = session
  return identity?.session?.person ?? identity?.key.name ?? ''
}

function enter(identity: Identity): void {
  useCsrf(identity.csrfToken)
  state = { kind: 'signed-in', identity }
}

whenSignedOut(() => {
  useCsrf(undefined)
  const { identity } = session
  if (state.kind === 'expired') return
  state = identity === undefined ? { kind: 'signed-out' } : { kind: 'expired', identity }
})
