import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveProject, Projects } from '../../projects/projects.ts'

export interface FollowerOptions {
  readonly projects: Pick<Projects, 'onChange' | 'onReloaded' | 'list'>
  /** Called after changes of a project, one project at a time; a failed call is repeated. */
  readonly catchUp: (project: string) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** The response and the streams of a commit go first, and the changes of a burst together. */
const SETTLE_MS = 50
const RETRY_MS = 5_000

/**
 * Calls a function for every project at first, and after its changes, never within a commit.
 * @returns a function that ends it after the call in progress
 */
export function followProjects({
  projects,
  catchUp,
  onError,
}: FollowerOptions): () => Promise<void> {
  const closing = new AbortController()
  const { signal } = closing
  const changed = new Set(projects.list().map(({ key }) => key))
  let running: Promise<void> | undefined

  const rest = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
  const work = async () => {
    await rest(SETTLE_MS)
    for (const project of changed) {
      if (signal.aborted) return
      changed.delete(project)
      try {
        await catchUp(project)
      } catch (error) {
        onError(error)
        changed.add(project)
        await rest(RETRY_MS)
      }
    }
    running = undefined
  }
  const wake = () => {
    running ??= work()
  }
  const follow = ({ key }: LiveProject) => {
    changed.add(key)
    wake()
  }
  const unfollow = [projects.onChange(follow), projects.onReloaded(follow)]
  wake()
  return async () => {
    for (const stop of unfollow) stop()
    closing.abort()
    await running
  }
}
