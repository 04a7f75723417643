import { instanceOf, isRestored, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Policy } from '../projects/projects.ts'

/**
 * Keeps the flag, the variants and the instances of a rollout in progress: a write that archives,
 * removes or retires one of them is refused. Reads only the rollouts that its edits concern,
 * because each transition of a rollout is a write too.
 * @throws {FlaghoistError} `ROLLOUT_RUNNING`
 */
export const runningRollouts: Policy = ({ before, after, edits }) => {
  const keysOf = (kind: string) => edits.filter((edit) => edit.kind === kind).map(({ key }) => key)
  const flags = new Set(keysOf('flag'))
  if (flags.size > 0) keepFlags(flags, before, after)
  const retired = keysOf('instance').filter((key) => isActive(before, key) && !isActive(after, key))
  if (retired.length > 0) keepInstances(new Set(retired), before)
}

function keepFlags(edited: ReadonlySet<string>, before: ProjectState, after: ProjectState): void {
  for (const rollout of before.rollouts.values()) {
    if (rollout.endedAt !== undefined || !edited.has(rollout.flag)) continue
    const entity = missingPart(rollout, after)
    if (entity !== undefined) throw problem('ROLLOUT_RUNNING', { rollout: rollout.key, entity })
  }
}

/** Returns the flag or variant of a rollout that a state does not have. */
function missingPart(
  { flag: key, from, to }: ProgressiveRollout,
  { flags }: ProjectState,
): string | undefined {
  const flag = flags.get(key)
  if (flag === undefined || flag.archivedAt !== undefined) return `flag "${key}"`
  const variants = new Set(flag.variants.map((variant) => variant.key))
  const variant = [to, from].find((one) => one !== undefined && !variants.has(one))
  return variant === undefined ? undefined : `variant "${variant}"`
}

function keepInstances(retired: ReadonlySet<string>, { rollouts, runs }: ProjectState): void {
  for (const [key, own] of runs) {
    const rollout = rollouts.get(key)
    if (rollout === undefined || rollout.endedAt !== undefined) continue
    for (const run of own.values()) {
      const instance = instanceOf(run.scope) ?? ''
      if (retired.has(instance) && !isRestored(run))
        throw problem('ROLLOUT_RUNNING', { rollout: key, entity: `instance "${instance}"` })
    }
  }
}

function isActive({ instances }: ProjectState, key: string): boolean {
  const instance = instances.get(key)
  return instance !== undefined && instance.status !== 'retired'
}
