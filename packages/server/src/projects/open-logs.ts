import type { FlaghoistError } from '@flaghoist/core'
import type { ChangeLog, LogHead, LogPosition } from '../stores/change-log.ts'
import { createCheckpoints } from './checkpoints.ts'
import { damageOf, toDamage } from './damage.ts'
import { verifyHistories } from './history-check.ts'
import { inTurn, measureProject, type ProjectWriter, replay } from './project-writer.ts'

/** The logs of a process, and the work beside their writes. */
export interface OpenLogs {
  /** Damaged logs by project. The verification of changes before a checkpoint adds to it. */
  readonly damaged: ReadonlyMap<string, FlaghoistError>
  /**
   * Reads every log from its checkpoint on.
   * @param open returns the empty project of a key
   */
  readAll(open: (key: string) => ProjectWriter): Promise<void>
  /**
   * Begins the work that a start can leave for later: verifies the changes before each checkpoint,
   * measures the rulesets of all projects, and writes the checkpoints that are due.
   */
  startChecks(): void
  /** Writes a checkpoint of a project in the background, if the last one is old. */
  renew(project: ProjectWriter): void
  /**
   * Verifies the changes before the checkpoint from which a log was read anew, in the background.
   */
  reloaded(project: ProjectWriter, checkpoint: LogPosition | undefined): void
  close(): void
}

export function createOpenLogs(log: ChangeLog, onError: (error: unknown) => void): OpenLogs {
  const checkpoints = createCheckpoints(log, onError)
  const projects: ProjectWriter[] = []
  const restored = new Map<ProjectWriter, LogPosition>()
  const damaged = new Map<string, FlaghoistError>()
  const history = new AbortController()
  const verifyAll = (positions: ReadonlyMap<ProjectWriter, LogPosition>) =>
    verifyHistories(log, positions, history.signal, (project, damage) => {
      project.historyDamage = damage
      damaged.set(project.key, damage)
      onError(damage)
    })

  return {
    damaged,
    async readAll(open) {
      for (const head of await log.heads()) {
        const project = open(head.project)
        projects.push(project)
        const position = await inTurn(project, () => replaySafely(log, project, head))
        if (position === undefined) continue
        restored.set(project, position)
        checkpoints.found(project, position.seq)
      }
      for (const [key, damage] of damageOf(projects)) damaged.set(key, damage)
    },
    startChecks() {
      for (const project of projects) {
        // A flag that cannot be compiled fails the next write, which says so.
        measureProject(project).catch(() => undefined)
        checkpoints.renew(project)
      }
      void verifyAll(restored)
    },
    renew: checkpoints.renew,
    reloaded(project, checkpoint) {
      project.historyDamage = undefined
      damaged.delete(project.key)
      checkpoints.found(project, checkpoint?.seq ?? 0)
      if (checkpoint !== undefined) void verifyAll(new Map([[project, checkpoint]]))
    },
    close() {
      checkpoints.close()
      history.abort()
    },
  }
}

/** Reads a log into an empty project, or records why it cannot be read. */
async function replaySafely(
  log: ChangeLog,
  project: ProjectWriter,
  head: LogHead,
): Promise<LogPosition | undefined> {
  try {
    return await replay(log, project, head)
  } catch (error) {
    project.damage = toDamage(project, error)
    return undefined
  }
}
