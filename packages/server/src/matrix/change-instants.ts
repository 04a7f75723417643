import type { Flag } from '@flaghoist/core/schema'
import { flagNames } from '../flags/plan.ts'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { createPause } from '../pause.ts'
import { versionOf } from '../projects/checks.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleFlag } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'

type Log = Pick<ChangeLog, 'read'>

/** The instants of the last changes of a flag, by number. */
const instantsOf = memoise((_: Flag) => new Map<number, string>())

/** Instants of changes that are being read, by project and number. */
const reads = memoise((_: Log) => new Map<string, Promise<string | undefined>>())

/**
 * Returns the instants at which flags changed last, as far as a key may see the changes, in the
 * order of the flags.
 */
export async function lastChangedAt(
  log: Log,
  { key, state }: LiveProject,
  flags: readonly Flag[],
  bound: string | undefined,
): Promise<readonly (string | undefined)[]> {
  const instants: (string | undefined)[] = []
  // Thousands of flags can come from one import, which takes long to read.
  const read = new Map<number, string | undefined>()
  const pause = createPause()
  for (const flag of flags) {
    const version = versionOf(state, flagNames(visibleFlag(flag, bound)))
    const known = instantsOf(flag)
    if (!known.has(version) && !read.has(version)) {
      read.set(version, await readInstant(log, key, version))
      await pause()
    }
    const instant = known.get(version) ?? read.get(version)
    if (instant !== undefined) known.set(version, instant)
    instants.push(instant)
  }
  return instants
}

/** Reads the instant of a change; for all requests at once that ask for it. */
function readInstant(log: Log, project: string, version: number): Promise<string | undefined> {
  const name = `${project} ${version}`
  return getOrSet(reads(log), name, async () => {
    try {
      const [change] = await log.read(project, version - 1, 1)
      return change?.at
    } finally {
      reads(log).delete(name)
    }
  })
}
