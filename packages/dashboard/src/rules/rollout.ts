import type { WrittenServe } from '../flag/sentences.ts'
import type { Settings } from './settings.ts'

/** A rollout to a share of the units, as a person edits it. */
export interface Rollout {
  readonly share: number
  readonly by: string
  readonly salt?: string
  readonly serve: WrittenServe
  readonly segments?: string[]
}

/**
 * Returns the rollout of settings. Leaves out the labels of a plan, since the rollout is that of a
 * person once it is edited.
 */
export function rolloutOf({ rollout }: Settings): Rollout | undefined {
  if (!rollout) return undefined
  const { planRun: _, step: __, ...own } = rollout
  // The server stores each rollout with its share, unit and serve.
  return own as Rollout
}
