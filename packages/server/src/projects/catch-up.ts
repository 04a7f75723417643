import { isFlaghoistError } from '@flaghoist/core'
import { applyAll } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import type { ChangeLog, LogHead } from '../stores/change-log.ts'
import {
  advance,
  empty,
  emptyProject,
  endCommitted,
  type ProjectWriter,
  readOn,
  replay,
} from './project-writer.ts'
import type { Reload } from './projects.ts'

/** The receivers of the news of a log. */
export interface NewsListeners {
  readonly onChange: (change: Change) => void
  readonly onDeleted: () => void
  readonly onReloaded: (reload: Reload) => void
}

/**
 * Applies the changes that the log holds beyond the state, one by one. The project stays behind if
 * a read fails.
 *
 * If the log was deleted, the project becomes empty, and follows a new log from its first change
 * on. If the log no longer holds the last change of the state, the store has lost changes, such as
 * in a failover: the state is read anew, and replaces the former one at once.
 *
 * @throws {FlaghoistError} `LOG_CORRUPT` for a log that does not fit its chain; the state stays
 */
export async function catchUp(
  log: ChangeLog,
  project: ProjectWriter,
  { onChange, onDeleted, onReloaded }: NewsListeners,
): Promise<void> {
  project.isBehind = true
  const { key, epoch } = project
  const head = (await log.head(key)) ?? { project: key, epoch: '', version: 0 }
  if (epoch !== '' && epoch !== head.epoch) {
    empty(project)
    project.isBehind = true
    onDeleted()
  }
  const readNews = () =>
    readOn(log, project, head, (changes) => {
      for (const change of changes) {
        advance(project, applyAll(project.logged, [change]))
        // An append that failed may have been stored all the same.
        endCommitted(project, change.requestId)
        onChange(change)
      }
    })
  if (head.version > project.logged.version)
    try {
      await readNews()
    } catch (error) {
      if (!isCorrupt(error) || (await holdsState(log, project, head))) throw error
      await reload(log, project, head, onReloaded)
    }
  else if (await holdsState(log, project, head)) await readNews()
  else await reload(log, project, head, onReloaded)
  project.isBehind = false
}

function isCorrupt(error: unknown): boolean {
  return isFlaghoistError(error) && error.code === 'LOG_CORRUPT'
}

/** Checks that a log holds the last change of the state. */
async function holdsState(
  log: ChangeLog,
  { key, logged: { version }, hash }: ProjectWriter,
  head: LogHead,
): Promise<boolean> {
  if (version === 0) return true
  if (version > head.version) return false
  const [last] = await log.read(key, version - 1, 1)
  return last?.hash === hash
}

/**
 * Replaces the state by that of the log, which other servers may have continued. Local writes stay,
 * and are committed next.
 */
async function reload(
  log: ChangeLog,
  project: ProjectWriter,
  head: LogHead,
  onReloaded: NewsListeners['onReloaded'],
): Promise<void> {
  const read = emptyProject(project.key)
  const checkpoint = await replay(log, read, head)
  const { logged, hash, hashes, hashAt } = read
  const result = { before: project.logged, kept: lastCommon(project, read), checkpoint }
  Object.assign(project, { hash, hashes, hashAt, sizes: undefined })
  advance(project, logged)
  onReloaded(result)
}

/** Returns the number of the last change that two states of a log have in common. */
function lastCommon(one: ProjectWriter, other: ProjectWriter): number {
  let version = Math.min(one.logged.version, other.logged.version)
  while (version > 0 && one.hashAt(version) !== other.hashAt(version)) version -= 1
  return version
}
