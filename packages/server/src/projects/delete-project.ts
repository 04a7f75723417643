import type { ProjectState } from '@flaghoist/core/model'
import { problem } from '../errors.ts'
import { isLive } from './live-key.ts'

/** @throws {FlaghoistError} `CONFIRMATION_REQUIRED` unless the caller repeats the project's key */
export function requireConfirmation(project: string, confirm: string | undefined): void {
  if (confirm === project) return
  const given = confirm === undefined ? 'no confirm' : `confirm=${confirm}`
  throw problem('CONFIRMATION_REQUIRED', { project, given })
}

/**
 * Checks that no key of all projects would be deleted with this one: it would revoke access to the
 * others.
 * @param now epoch ms
 * @throws {FlaghoistError} `PROJECT_HOLDS_KEYS`
 */
export function requireNoSharedKeys({ project, apiKeys }: ProjectState, now: number): void {
  const shared = [...apiKeys.values()].filter((key) => key.project === '*' && isLive(key, now))
  if (shared.length === 0) return
  const keys = shared.map(({ id, name }) => `${id} (${name})`).join(', ')
  throw problem('PROJECT_HOLDS_KEYS', { project: project?.key ?? '', keys })
}
