import { isFlaghoistError, type Ruleset } from '@flaghoist/core'
import { DEV } from '@flaghoist/core/internal'
import { errorOf } from './connection.ts'
import { type ConnectionState, transportOf } from './connection-state.ts'
import type { FlagsState, FlagsStatus } from './flags.ts'

/**
 * Returns the source of evaluations.
 * @param now monotonic ms
 */
export function sourceOf(
  connection: ConnectionState,
  hasRuleset: boolean,
  now: number,
): FlagsState {
  if (connection.phase === 'closed') return 'closed'
  if (!hasRuleset) return 'default'
  if (transportOf(connection, now) !== 'none') return 'live'
  return connection.heardAt === undefined ? 'cached' : 'stale'
}

/**
 * Returns the part of a status that a connection and a held ruleset account for.
 * @param url address of the server
 * @param now monotonic ms
 */
export function sourceStatus(
  connection: ConnectionState,
  ruleset: Partial<Ruleset> | undefined,
  url: string,
  now: number,
): Omit<FlagsStatus, 'droppedExposures' | 'droppedOutcomes' | 'openCircuits' | 'override'> {
  const { heardAt } = connection
  const { project, scope, version, epoch } = ruleset ?? {}
  const error = errorOf(connection)
  return {
    state: sourceOf(connection, !!ruleset, now),
    transport: transportOf(connection, now),
    project,
    scope,
    version,
    epoch,
    ageMs: heardAt === undefined ? undefined : now - heardAt,
    lastError: isFlaghoistError(error)
      ? {
          code: error.code,
          message: error.message,
          // Builds without error texts have the path of a page of the server instead.
          hint: DEV ? error.hint : url + error.hint,
        }
      : undefined,
  }
}
