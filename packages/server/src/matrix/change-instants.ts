import type { Flag } from '@flaghoist/core/schema'
import { flagNames } from '../flags/plan.ts'
import { memoise } from '../memoise.ts'
import { createPause } from '../pause.ts'
import { versionOf } from '../projects/checks.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleFlag } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'

/** The instants of the last changes of a flag, by number. */
const instantsOf = memoise((_: Flag) => new Map<number, string>())

/**
 * Returns the instants at which flags changed last, as far as a key may see the changes, in the
 * order of the flags. A change is read once.
 */
export async function lastChangedAt(
  log: Pick<ChangeLog, 'read'>,
  { key, state }: LiveProject,
  flags: readonly Flag[],
  bound: string | undefined,
): Promise<readonly (string | undefined)[]> {
  const instants: (string | undefined)[] = []
  const pause = createPause()
  for (const flag of flags) {
    const version = versionOf(state, flagNames(visibleFlag(flag, bound)))
    const known = instantsOf(flag)
    if (!known.has(version)) {
      const [change] = await log.read(key, version - 1, 1)
      if (change !== undefined) known.set(version, change.at)
      await pause()
    }
    instants.push(known.get(version))
  }
  return instants
}
