import type { FlaghoistError } from '@flaghoist/core'
import type { ChangeLog } from '../stores/change-log.ts'
import { createCheckpoints } from './checkpoints.ts'
import { damageOf } from './damage.ts'
import { verifyHistories } from './history-check.ts'
import { inTurn, measureProject, type ProjectWriter, replaySafely } from './project-writer.ts'
import type { LogPosition } from './read-verified.ts'

/** The logs that a start has read, and the work that goes on in the background. */
export interface OpenLogs {
  /** Damaged logs by project. The verification of changes before a checkpoint adds to it. */
  readonly damaged: Map<string, FlaghoistError>
  /** Writes a checkpoint of a project in the background, if the last one is old. */
  renew(project: ProjectWriter): void
  close(): void
}

/**
 * Reads every log from its checkpoint on. The changes before it are verified afterwards, in the
 * background, and the rulesets of all projects are measured there.
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
    checkpoints.renew(project)
  }

  const damaged = damageOf(projects)
  const history = new AbortController()
  // A flag that cannot be compiled fails the next write, which says so.
  for (const project of projects) measureProject(project).catch(() => undefined)
  void verifyHistories(log, restored, history.signal, (project, damage) => {
    project.historyDamage = damage
    damaged.set(project.key, damage)
    onError(damage)
  })
  return {
    damaged,
    renew: checkpoints.renew,
    close() {
      checkpoints.close()
      history.abort()
    },
  }
}
