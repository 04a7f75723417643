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

/** Changes of the first page: often the first one is enough, and changes may be large. */
const FIRST_PAGE = 4
const MAX_PAGE = 200

/** Reads the changes below a number, newest first, in pages that grow. */
export async function* newestFirst(
  log: ChangeLog,
  { project, seq: below }: ChangeTarget,
): AsyncGenerator<Change> {
  let [end, page] = [below, FIRST_PAGE]
  while (end > 1) {
    const start = Math.max(1, end - page)
    const changes = await log.read(project, start - 1, end - start)
    end = start
    page = Math.min(2 * page, MAX_PAGE)
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
