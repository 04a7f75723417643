import { useCsrf, whenSignedOut } from '../api/client.ts'
import type { Problem } from '../api/problem.ts'
import { problemOf } from '../api/problem.ts'
import { endSession, openSession, readSession, type Session } from './session-requests.ts'

type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable'; readonly problem: Problem }
  | { readonly kind: 'signed-out'; readonly wasSignedIn: boolean }
  | { readonly kind: 'signed-in'; readonly session: Session }

let state = $state.raw<SessionState>({ kind: 'unknown' })

/** The session of this browser. Its key decides what each request may see and change. */
export const session = {
  get state(): SessionState {
    return state
  },

  /** Asks the server for the session of the cookie. */
  async resume(): Promise<void> {
    try {
      enter(await readSession())
    } catch (error) {
      const problem = problemOf(error)
      if (problem.status === 401) leave()
      else state = { kind: 'unreachable', problem }
    }
  },

  /** @throws {RequestError} if the server refuses the key */
  async signIn(key: string, name: string): Promise<void> {
    enter(await openSession(key, name))
  },

  async signOut(): Promise<void> {
    await endSession()
    useCsrf(undefined)
    state = { kind: 'signed-out', wasSignedIn: false }
  },
}

function enter(opened: Session): void {
  useCsrf(opened.csrf)
  state = { kind: 'signed-in', session: opened }
}

function leave(): void {
  useCsrf(undefined)
  state = { kind: 'signed-out', wasSignedIn: state.kind === 'signed-in' }
}

whenSignedOut(leave)

/** Returns the scope that the key is limited to; undefined for the whole project. */
export function boundScope(): string | undefined {
  return state.kind === 'signed-in' ? state.session.principal.scope : undefined
}
