import { setTimeout as sleep } from 'node:timers/promises'
import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { type ChangeLog, isAppendConflict, type LogNews } from '../stores/change-log.ts'
import { catchUp } from './catch-up.ts'
import { inTurn, type ProjectWriter } from './project-writer.ts'
import type { Reload } from './projects.ts'

/** Attempts of a write that loses its sequence number to other writers of the same log. */
const MAX_APPEND_ATTEMPTS = 50
/** A random wait up to this time breaks the lockstep of two writers, of which one always loses. */
const CONFLICT_WAIT_MS = 5

/** The turns of the writers of this process, and what they read of the log before. */
export interface Turns {
  /** Reads the log if the state lacks a version, or may be that of another log. */
  catchUpWith(project: ProjectWriter, news: Expected): Promise<void>
  /** Runs work in the project's turn, on its newest state; again if it loses to another writer. */
  onNewest<T>(project: ProjectWriter, work: () => Promise<T>): Promise<T>
  /**
   * As `onNewest`, for a caller that was authorised for the project's current log.
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND` if the log was deleted before its turn
   */
  onSameLog<T>(project: ProjectWriter, work: () => Promise<T>): Promise<T>
}

/** The head that a log is expected to have. Without an epoch, its log is that of the state. */
type Expected = Pick<LogNews, 'version' | 'mayHaveLost'> & Partial<Pick<LogNews, 'epoch'>>

export interface TurnListeners {
  readonly onChange: (project: ProjectWriter, change: Change) => void
  readonly onDeleted: (project: ProjectWriter) => void
  readonly onReloaded: (project: ProjectWriter, reload: Reload) => void
}

export function createTurns(
  log: ChangeLog,
  { onChange, onDeleted, onReloaded }: TurnListeners,
): Turns {
  const readNews = (project: ProjectWriter) =>
    catchUp(log, project, {
      onChange: (change) => onChange(project, change),
      onDeleted: () => onDeleted(project),
      onReloaded: (reload) => onReloaded(project, reload),
    })
  const readSoon = (project: ProjectWriter) =>
    (project.nextRead ??= inTurn(project, () => {
      project.nextRead = undefined
      return readNews(project)
    }))
  const onNewest: Turns['onNewest'] = (project, work) =>
    inTurn(project, () =>
      retryConflicts(project, async () => {
        if (project.isBehind) await readNews(project)
        return work()
      }),
    )
  return {
    async catchUpWith(project, { version, epoch = project.epoch, mayHaveLost }) {
      const { isBehind, logged, damage } = project
      const isNews = version > logged.version || epoch !== project.epoch || mayHaveLost
      if (!damage && (isBehind || isNews)) await readSoon(project)
    },
    onNewest,
    onSameLog(project, work) {
      const { epoch, key } = project
      return onNewest(project, async () => {
        if (epoch !== project.epoch) throw problem('PROJECT_NOT_FOUND', { project: key })
        return work()
      })
    },
  }
}

/**
 * Repeats a commit that lost its sequence number to another writer; each attempt plans on the newer
 * state. A conflict that brings no newer state is an error of the store, and ends the attempts.
 */
async function retryConflicts<T>(
  project: ProjectWriter,
  attemptOnce: () => Promise<T>,
): Promise<T> {
  let refused: ProjectState | undefined
  for (let attempt = 1; ; attempt += 1)
    try {
      return await attemptOnce()
    } catch (error) {
      const isNew = project.logged !== refused
      if (!isAppendConflict(error) || !isNew || attempt === MAX_APPEND_ATTEMPTS) throw error
      refused = project.logged
      await sleep(Math.random() * CONFLICT_WAIT_MS)
    }
}
