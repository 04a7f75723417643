import type { z } from 'zod'
import type { Principal } from '../http/principal.ts'
import { csrfTokenOf } from '../http/session-cookie.ts'
import { visibleProjects } from '../projects/visible-projects.ts'
import type { Services } from '../services.ts'
import type { StoredSession } from '../stores/sessions.ts'
import type { Identity, ShownSession } from './schemas.ts'

/** A session, and the token that the cookie of its request holds. */
export interface CurrentSession {
  readonly session: StoredSession
  readonly token: string
}

/** The caller of a request, as the API shows it. */
export function shownIdentity(
  { projects }: Pick<Services, 'projects'>,
  principal: Principal,
  current: CurrentSession | undefined,
): z.infer<typeof Identity> {
  const { keyId, name, kind, project, scope } = principal
  return {
    key: { id: keyId, name, kind, project, ...(scope !== undefined && { scope }) },
    projects: visibleProjects(projects, principal).map((one) => ({
      ...one,
      version: projects.get(one.key).state.version,
    })),
    ...(current !== undefined && {
      session: shownSession(current.session, principal, current.session.id),
      csrfToken: csrfTokenOf(current.token),
    }),
  }
}

/** @param current id of the session of the request */
export function shownSession(
  { id, person, createdAt, usedAt, expiresAt }: StoredSession,
  { keyId, name }: Principal,
  current: string | undefined,
): z.infer<typeof ShownSession> {
  return {
    id,
    keyId,
    keyName: name,
    ...(person !== undefined && { person }),
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: new Date(usedAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    isCurrent: id === current,
  }
}
