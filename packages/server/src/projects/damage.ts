import { type FlaghoistError, isFlaghoistError } from '@flaghoist/core'
import { problem } from '../errors.ts'
import type { LiveProject } from './projects.ts'

/** Projects whose logs cannot be read, with the error of each. */
export type Damage = ReadonlyMap<string, FlaghoistError>

/** Turns the error of a replay into one with a code. */
export function toDamage({ key, state }: LiveProject, error: unknown): FlaghoistError {
  if (isFlaghoistError(error)) return error
  const details = { project: key, seq: state.version + 1, problem: String(error) }
  return problem('LOG_CORRUPT', details, { cause: error })
}

const OF_ONE_LOG: ReadonlySet<string> = new Set(['LOG_CORRUPT', 'COPY_UNFINISHED'])

/** Collects the damaged projects. */
export function damageOf(
  projects: readonly { key: string; damage: FlaghoistError | undefined }[],
): Map<string, FlaghoistError> {
  return new Map(projects.flatMap(({ key, damage }) => (damage ? [[key, damage]] : [])))
}

/**
 * Returns the reason not to write to any project: a damaged file, which another write could damage
 * further. A single log that does not fit its hash chain, or is not complete, is no such reason.
 */
export function damageOfFile(damage: Damage): FlaghoistError | undefined {
  return [...damage.values()].find(({ code }) => !OF_ONE_LOG.has(code))
}
