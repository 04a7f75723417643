import type { Cursor } from '../rulesets/cursor.ts'
import type { LiveProject, Projects } from './projects.ts'

/**
 * One renewal per project and process, shared by a whole fleet that reconnects at once. A log is
 * restored only while no process has it open, so no SDK can be ahead of an epoch that this process
 * started.
 */
const renewals = new WeakMap<LiveProject, Promise<void>>()

/**
 * Starts a new epoch if a server-key SDK holds a version newer than the head of the log in the same
 * epoch: the log was restored from a backup. Callers pass no cursor of a client key, because every
 * visitor can forge one. Resolves once the project has its new epoch. Renewals are coordinated
 * within this process only.
 */
export async function renewEpochOfRestoredLog(
  projects: Projects,
  projectKey: string,
  held: Cursor | undefined,
): Promise<void> {
  const project = projects.get(projectKey)
  const { epoch, state } = project
  if (held === undefined || held.epoch !== epoch || held.version <= state.version) return

  let renewal = renewals.get(project)
  if (renewal === undefined) {
    renewal = projects.renewEpoch(projectKey)
    renewals.set(project, renewal)
    // A failed renewal may be retried.
    renewal.catch(() => renewals.delete(project))
  }
  await renewal
}
