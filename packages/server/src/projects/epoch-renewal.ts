import type { Changes, LiveProject } from './projects.ts'
import type { Cursor } from '../streams/frames.ts'

/**
 * One renewal for a whole fleet that comes back at once, and one for each process: a log goes back only while no process has it open, so
 * nobody is ahead of an epoch that this one has made.
 */
const renewals = new WeakMap<LiveProject, Promise<void>>()

/**
 * A server key that shows a version which the log does not have proves that the log has gone back: a backup was
 * restored. Client keys are in the hands of anybody and prove nothing. Resolves once the project has a new epoch.
 */
export async function noticeLostLog(
  changes: Changes,
  projectKey: string,
  held: Cursor | undefined,
): Promise<void> {
  const project = changes.project(projectKey)
  const { epoch, state } = project
  if (held === undefined || held.epoch !== epoch || held.version <= state.version) return

  let renewal = renewals.get(project)
  if (renewal === undefined) {
    renewal = changes.renewEpoch(projectKey)
    renewals.set(project, renewal)
    // What failed may be tried again.
    renewal.catch(() => renewals.delete(project))
  }
  await renewal
}
