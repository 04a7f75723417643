import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { LiveProject } from '../projects/projects.ts'
import type { ChangeLog } from '../stores/change-log.ts'

/** A change of a project, by its number. */
export interface ChangeTarget {
  readonly project: string
  readonly seq: number
}

const HISTORY_PAGE = 200

/** Reads the changes below a number, newest first. */
export async function* newestFirst(
  log: ChangeLog,
  { project, seq: below }: ChangeTarget,
): AsyncGenerator<Change> {
  for (let end = below; end > 1; end = Math.max(1, end - HISTORY_PAGE)) {
    const start = Math.max(1, end - HISTORY_PAGE)
    const changes = await log.read(project, start - 1, end - start)
    yield* [...changes].reverse()
    // A filter may match few changes of a long log; other requests run in between.
    await nextTurn()
  }
}

/**
 * Reads the changes of a project from its current version back to an instant, newest first.
 * @param since epoch ms
 */
export async function* changesSince(
  log: ChangeLog,
  { key: project, state }: Pick<LiveProject, 'key' | 'state'>,
  since: number,
): AsyncGenerator<Change> {
  for await (const change of newestFirst(log, { project, seq: state.version + 1 })) {
    if (Date.parse(change.at) < since) return
    yield change
  }
}

/** @throws {FlaghoistError} `CHANGE_NOT_FOUND` */
export async function findChange(log: ChangeLog, target: ChangeTarget): Promise<Change> {
  const [change] = await log.read(target.project, target.seq - 1, 1)
  return change ?? changeNotFound(target)
}

export function changeNotFound({ project, seq }: ChangeTarget): never {
  throw problem('CHANGE_NOT_FOUND', { project, seq })
}
