import type { ChangeLog } from '../stores/change-log.ts'
import { textsOfCheckpoint } from './checkpoint-text.ts'
import type { ProjectWriter } from './project-writer.ts'

/** Changes that a start replays at most, about, besides those of the last minute: 50 ms. */
const MIN_CHANGES = 500
/** Time between the ends of two checkpoints of a project, ms: each costs as much as a replay. */
const MIN_INTERVAL_MS = 60_000

/** Keeps a checkpoint of each project in the store, and renews it as the log grows. */
export interface Checkpoints {
  /** Records that the store has a checkpoint of a version. */
  found(project: ProjectWriter, version: number): void
  /** Writes a checkpoint in the background, if the last one is old. */
  renew(project: ProjectWriter): void
  /** Ends all writing. */
  close(): void
}

/** The last checkpoint of a project. */
interface Last {
  readonly version: number
  readonly at: number
}

/** @param onError receives the errors of the store; a later change tries again */
export function createCheckpoints(log: ChangeLog, onError: (error: unknown) => void): Checkpoints {
  const last = new Map<string, Last>()
  const writing = new Set<string>()
  let isClosed = false

  const lastOf = (epoch: string): Last =>
    last.get(epoch) ?? { version: 0, at: Number.NEGATIVE_INFINITY }
  const isDue = ({ epoch, logged, damage, historyDamage }: ProjectWriter) => {
    if (damage !== undefined || historyDamage !== undefined) return false
    const { version, at } = lastOf(epoch)
    return logged.version - version >= MIN_CHANGES && performance.now() - at >= MIN_INTERVAL_MS
  }
  const write = async (project: ProjectWriter): Promise<void> => {
    const { key, epoch, logged: state, hash, hashes } = project
    const texts = await textsOfCheckpoint({ epoch, state, hash, hashes: hashes.text() })
    if (isClosed) return
    await log.keepCheckpoint({ project: key, epoch }, texts)
    last.set(epoch, { version: state.version, at: performance.now() })
  }

  return {
    found({ epoch }, version) {
      last.set(epoch, { version, at: Number.NEGATIVE_INFINITY })
    },
    renew(project) {
      const { epoch } = project
      if (isClosed || writing.has(epoch) || !isDue(project)) return
      writing.add(epoch)
      write(project)
        .catch((error: unknown) => {
          if (isClosed) return
          last.set(epoch, { ...lastOf(epoch), at: performance.now() })
          onError(error)
        })
        .finally(() => writing.delete(epoch))
    },
    close() {
      isClosed = true
    },
  }
}
