import { EVERYWHERE, environmentOf, type ProjectState } from '@flaghoist/core/model'
import type { ApiKey } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import { isLive } from '../projects/live-key.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { DAY_MS } from '../time.ts'

/** Longest life of an override. A browser that was forgotten returns to normal by then. */
const MAX_LIFE_MS = 7 * DAY_MS

/**
 * Creates a key of kind `override`, and deletes those that are no longer valid: testers need many.
 * @param now epoch ms
 */
export function createOverride(project: string, key: ApiKey, now: number): Write {
  return {
    project,
    action: 'apiKey.create',
    plan(state) {
      requireBounds(key, now)
      requireServable(state, key)
      const invalid = [...state.apiKeys.values()].filter(
        (other) => other.kind === 'override' && !isLive(other, now),
      )
      const deletions = invalid.map(
        ({ id }): PlannedEdit => ({ kind: 'apiKey', key: id, after: null }),
      )
      return [{ kind: 'apiKey', key: key.id, after: key }, ...deletions]
    },
  }
}

/**
 * Checks that an environment allows overrides.
 * @throws {FlaghoistError} `OVERRIDE_REFUSED`
 */
export function requireAllowed({ project, environments }: ProjectState, scope: string): void {
  const environment = environmentOf(scope) ?? ''
  if (environments.get(environment)?.overrides) return
  throw problem('OVERRIDE_REFUSED', {
    problem: `The environment "${environment}" does not allow overrides.`,
    project: project?.key ?? '',
    environment,
  })
}

function requireBounds({ scope, expiresAt }: ApiKey, now: number): void {
  if (scope === undefined || scope === EVERYWHERE)
    throw problem('REQUEST_INVALID', {
      problem: 'A key of kind override needs a "scope", such as production.',
    })
  if (expiresAt === undefined || Date.parse(expiresAt) - now > MAX_LIFE_MS)
    throw problem('REQUEST_INVALID', {
      problem: 'A key of kind override needs "expiresAt", within 7 days from now.',
    })
}

function requireServable(state: ProjectState, { scope, override }: ApiKey): void {
  const { flag: key, variant } = override!
  const flag = findFlag(state, key)
  requireAllowed(state, scope!)
  if (!flag.clientVisible)
    throw problem('REQUEST_INVALID', {
      problem: `The flag "${key}" is not clientVisible, so that no browser evaluates it.`,
    })
  if (!flag.variants.some((one) => one.key === variant))
    throw problem('REQUEST_INVALID', { problem: `The flag "${key}" has no variant "${variant}".` })
}
