import type { FlaghoistError } from '@flaghoist/core'
import { problem } from '../errors.ts'
import type { ChangeLog, LogPosition } from '../stores/change-log.ts'
import { toDamage } from './damage.ts'
import type { ProjectWriter } from './project-writer.ts'
import type { LiveProject } from './projects.ts'
import { readVerified } from './read-verified.ts'

/**
 * Verifies the changes that checkpoints stood for, one project after the other.
 * @param onDamage called for each project whose changes do not lead to its checkpoint
 */
export async function verifyHistories(
  log: ChangeLog,
  restored: ReadonlyMap<ProjectWriter, LogPosition>,
  signal: AbortSignal,
  onDamage: (project: ProjectWriter, damage: FlaghoistError) => void,
): Promise<void> {
  for (const [project, until] of restored) {
    const { epoch } = project
    const isStopped = () => signal.aborted || project.epoch !== epoch
    const damage = await damageOfHistory(log, project, until, isStopped)
    if (damage !== undefined) onDamage(project, damage)
  }
}

/**
 * Verifies the changes of a log up to a position that a checkpoint stood for, beside all other
 * work.
 * @param isStopped ends the verification without a result
 * @returns the damage; undefined if the changes lead to the position
 */
async function damageOfHistory(
  log: ChangeLog,
  project: LiveProject,
  until: LogPosition,
  isStopped: () => boolean,
): Promise<FlaghoistError | undefined> {
  const { key } = project
  try {
    for await (const changes of readVerified(log, key, { seq: 0, hash: '' })) {
      const last = changes.find(({ seq }) => seq === until.seq)
      if (isStopped() || last?.hash === until.hash) return undefined
      if (last !== undefined) break
    }
    const reason = 'the log leads to another hash than its checkpoint.'
    return problem('LOG_CORRUPT', { project: key, seq: until.seq, problem: reason })
  } catch (error) {
    return isStopped() ? undefined : toDamage(project, error)
  }
}
