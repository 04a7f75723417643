import type { ProjectState } from '@flaghoist/core/model'
import type { ApiKey } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import type { Write } from '../projects/projects.ts'
import type { KeyInput } from './schemas.ts'
import type { KeySecret } from './secrets.ts'

/** The random parts of a new key, and the time of its creation (epoch ms). */
export interface KeyOrigin extends KeySecret {
  readonly id: string
  readonly now: number
}

/**
 * The key that a request describes.
 * @throws {FlaghoistError} `REQUEST_INVALID` for options that contradict each other
 */
export function describeKey(
  { name, kind, scope, expiresAt, override, allProjects }: KeyInput,
  project: string,
  { id, hash, prefix, now }: KeyOrigin,
): ApiKey {
  if (allProjects && (kind !== 'admin' || scope !== undefined))
    throw problem('REQUEST_INVALID', {
      problem: 'Only an admin key without a scope can be for all projects.',
    })
  if ((kind === 'override') !== (override !== undefined))
    throw problem('REQUEST_INVALID', {
      problem: 'A key of kind override needs the member "override", and no other kind has it.',
    })
  return {
    hash,
    prefix,
    id,
    name,
    kind,
    project: allProjects ? '*' : project,
    ...(scope === undefined ? {} : { scope }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(override === undefined ? {} : { override }),
    createdAt: new Date(now).toISOString(),
  }
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for a key that has expired already */
export function requireFutureExpiry({ expiresAt }: ApiKey, now: number): void {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now)
    throw problem('REQUEST_INVALID', { problem: `expiresAt is in the past: ${expiresAt}.` })
}

export function createKey(project: string, key: ApiKey): Write {
  return {
    project,
    action: 'apiKey.create',
    plan: () => [{ kind: 'apiKey', key: key.id, after: key }],
  }
}

/** Revokes a key. A revoked key keeps the time at which it was revoked first. */
export function revokeKey(
  { project, key: id }: { readonly project: string; readonly key: string },
  revokedAt: string,
  principal: Principal,
): Write {
  return {
    project,
    action: 'apiKey.revoke',
    plan(state) {
      const key = findKey(state, id)
      requireReach(principal, key, project)
      return [{ kind: 'apiKey', key: id, after: { ...key, revokedAt: key.revokedAt ?? revokedAt } }]
    },
  }
}

/** Revokes a key that the server has created itself. */
export function retireKey(
  { project, key: id }: { readonly project: string; readonly key: string },
  revokedAt: string,
  reason: string,
): Write {
  return {
    project,
    action: 'apiKey.retire',
    reason,
    plan: (state) => [{ kind: 'apiKey', key: id, after: { ...findKey(state, id), revokedAt } }],
  }
}

/** Makes a retired key valid again. */
export function restoreKey(project: string, { id }: ApiKey): Write {
  return {
    project,
    action: 'apiKey.restore',
    plan(state) {
      const { revokedAt: _, ...key } = findKey(state, id)
      return [{ kind: 'apiKey', key: id, after: key }]
    },
  }
}

/**
 * Checks that a key may manage another: a key of one project cannot manage a key of all projects.
 * @throws {FlaghoistError} `PROJECT_KEY_REQUIRED`
 */
export function requireReach({ name, project: own }: Principal, managed: ApiKey, project: string) {
  if (managed.project !== '*' || own === '*') return
  throw problem('PROJECT_KEY_REQUIRED', {
    key: name,
    scope: `project ${project}`,
    wanted: 'every project',
  })
}

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findKey(state: ProjectState, id: string): ApiKey {
  const key = state.apiKeys.get(id)
  if (key === undefined) throw problem('ENTITY_NOT_FOUND', { kind: 'API key', key: id })
  return key
}
