import type { FlaghoistError } from '@flaghoist/core'
import type { ChangeLog } from '../stores/change-log.ts'
import { createCheckpoints } from './checkpoints.ts'
import { damageOf } from './damage.ts'
import { verifyHistories } from './history-check.ts'
import { inTurn, measureProject, type ProjectWriter, replaySafely } from './project-writer.ts'
import type { LogPosition } from './read-verified.ts'

/** The logs that a start has read. */
export interface OpenLogs {
  /** Damaged logs by project. The verification of changes before a checkpoint adds to it. */
  readonly damaged: Map<string, FlaghoistError>
  /**
   * Begins the work that a start can leave for later: verifies the changes before each checkpoint,
   * measures the rulesets of all projects, and writes the checkpoints that are due.
   */
  startChecks(): void
  /** Writes a checkpoint of a project in the background, if the last one is old. */
  renew(project: ProjectWriter): void
  close(): void
}

/**
 * Reads every log from its checkpoint on.
 * @param open returns the empty project of a key
 */
export async function openLogs(
  log: ChangeLog,
  open: (key: string) => ProjectWriter,
  onError: (error: unknown) => void,
): Promise<OpenLogs> {
  const checkpoints = createCheckpoints(log, onError)
  const projects: ProjectWriter[] = []
  const restored = new Map<ProjectWriter, LogPosition>()
  for (const head of await log.heads()) {
    const project = open(head.project)
    projects.push(project)
    const position = await inTurn(project, () => replaySafely(log, project, head))
    if (position !== undefined) {
      restored.set(project, position)
      checkpoints.found(project, position.seq)
    }
  }

  const damaged = damageOf(projects)
  const history = new AbortController()
  return {
    damaged,
    startChecks() {
      for (const project of projects) {
        // A flag that cannot be compiled fails the next write, which says so.
        measureProject(project).catch(() => undefined)
        checkpoints.renew(project)
      }
      void verifyHistories(log, restored, history.signal, (project, damage) => {
        project.historyDamage = damage
        damaged.set(project.key, damage)
        onError(damage)
      })
    },
    renew: checkpoints.renew,
    close() {
      checkpoints.close()
      history.abort()
    },
  }
}
