import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackoff } from '../backoff.ts'
import { isAppendConflict } from '../stores/change-log.ts'
import { isStoreFailure } from '../stores/store-failure.ts'
import { planLocal, withEdits } from './local-writes.ts'
import type { Turns } from './project-turns.ts'
import { endLocal, type ProjectWriter } from './project-writer.ts'
import type { Caller, Committed, LocalOutcome, Write } from './projects.ts'

/** First wait for a store that takes no write, ms. */
const FIRST_RETRY_MS = 50
/** Longest wait, ms: a store that is back is noticed soon. */
const MAX_RETRY_MS = 1_000

/** Writes that the store did not take, until it does. */
export interface LocalCommits {
  /** Applies a write to the state of this process, and commits it as soon as the store takes it. */
  apply(project: ProjectWriter, write: Write, caller: Caller): LocalOutcome
  /**
   * Commits the local writes of a project, oldest first, and then another write, within its turn.
   * Drops a local write that cannot be committed in the state of the log, such as the kill of a
   * deleted flag.
   */
  commitNext(project: ProjectWriter, write: Write, caller: Caller): Promise<Committed>
  close(): void
}

type Commit = (project: ProjectWriter, write: Write, caller: Caller) => Promise<Committed>

/**
 * @param commit commits a write within its project's turn
 * @param onLocal called when the local writes have changed without a change of the log
 */
export function createLocalCommits(
  turns: Turns,
  commit: Commit,
  onLocal: (project: ProjectWriter) => void,
): LocalCommits {
  const closing = new AbortController()
  const retrying = new Set<ProjectWriter>()

  const flush = async (project: ProjectWriter) => {
    for (const one of project.local) {
      const end = (error?: unknown) => {
        // The commit of a change has ended it already.
        if (!project.local.includes(one)) return
        endLocal(project, (other) => other === one, error)
        onLocal(project)
      }
      try {
        await commit(project, one.write, one.caller)
        end()
      } catch (error) {
        if (isStoreFailure(error) || isAppendConflict(error)) throw error
        end(error)
      }
    }
  }
  const retry = async (project: ProjectWriter) => {
    if (retrying.has(project)) return
    retrying.add(project)
    const backoff = createBackoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS })
    while (project.local.length > 0 && !closing.signal.aborted)
      await turns
        .onNewest(project, () => flush(project))
        .catch(() => sleep(backoff.next(), undefined, { ref: false, signal: closing.signal }))
        .catch(() => undefined) // The wait was aborted.
    retrying.delete(project)
  }

  return {
    async commitNext(project, write, caller) {
      await flush(project)
      return commit(project, write, caller)
    },
    apply(project, write, caller) {
      const { version } = project.state
      const edits = planLocal(project.state, write, caller)
      const committed = new Promise<void>((resolve, reject) => {
        const onEnd = (error?: unknown) => (error === undefined ? resolve() : reject(error))
        project.local = [...project.local, { id: randomUUID(), write, caller, onEnd }]
      })
      project.state = withEdits(project.state, edits)
      onLocal(project)
      void retry(project)
      return { edits, version, committed }
    },
    close: () => closing.abort(),
  }
}
