import { instanceOf, isRestored, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Policy } from '../projects/projects.ts'

/**
 * Keeps the flag, the variants and the instances of a rollout in progress: a write that archives,
 * removes or retires one of them is refused.
 * @throws {FlaghoistError} `ROLLOUT_RUNNING`
 */
export const runningRollouts: Policy = ({ before, after }) => {
  for (const rollout of before.rollouts.values()) {
    if (rollout.endedAt !== undefined) continue
    const entity = missingPart(rollout, before, after)
    if (entity !== undefined) throw problem('ROLLOUT_RUNNING', { rollout: rollout.key, entity })
  }
}

/** Returns a part of a rollout that exists before a write only. */
function missingPart(
  { key, flag: flagKey, from, to }: ProgressiveRollout,
  before: ProjectState,
  after: ProjectState,
): string | undefined {
  const flag = after.flags.get(flagKey)
  if (flag === undefined || flag.archivedAt !== undefined) return `flag "${flagKey}"`
  const variants = new Set(flag.variants.map((variant) => variant.key))
  const variant = [to, from].find((one) => one !== undefined && !variants.has(one))
  if (variant !== undefined) return `variant "${variant}"`
  const instances = [...before.runs.values()]
    .filter((run) => run.rollout === key && !isRestored(run))
    .map(({ scope }) => instanceOf(scope) ?? '')
  const retired = instances.find((one) => isActive(before, one) && !isActive(after, one))
  return retired === undefined ? undefined : `instance "${retired}"`
}

function isActive({ instances }: ProjectState, key: string): boolean {
  const instance = instances.get(key)
  return instance !== undefined && instance.status !== 'retired'
}
