import { entityName } from '@flaghoist/core/model'
import type { Flag, Segment } from '@flaghoist/core/schema'
import { flagNames } from '../flags/plan.ts'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { createPause } from '../pause.ts'
import { versionOf } from '../projects/checks.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleFlag } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'

type Log = Pick<ChangeLog, 'read'>
type Entity = Flag | Segment

/** The instants of the last changes of an entity, by number. */
const instantsOf = memoise((_: Entity) => new Map<number, string>())

/** Instants of changes that are being read, by project and number. */
const reads = memoise((_: Log) => new Map<string, Promise<string | undefined>>())

/**
 * Returns the instants at which flags changed last, as far as a key may see the changes, in the
 * order of the flags.
 */
export function lastChangedAt(
  log: Log,
  { key, state }: LiveProject,
  flags: readonly Flag[],
  bound: string | undefined,
): Promise<readonly (string | undefined)[]> {
  return readInstants(log, key, flags, (flag) =>
    versionOf(state, flagNames(visibleFlag(flag, bound))),
  )
}

/** Returns the instants at which segments changed last, in the order of the segments. */
export function segmentsChangedAt(
  log: Log,
  { key, state }: LiveProject,
  segments: readonly Segment[],
): Promise<readonly (string | undefined)[]> {
  return readInstants(log, key, segments, (segment) =>
    versionOf(state, [entityName({ kind: 'segment', key: segment.key })]),
  )
}

async function readInstants<E extends Entity>(
  log: Log,
  project: string,
  entities: readonly E[],
  lastVersion: (entity: E) => number,
): Promise<readonly (string | undefined)[]> {
  const instants: (string | undefined)[] = []
  // Thousands of entities can come from one import, which takes long to read.
  const read = new Map<number, string | undefined>()
  const pause = createPause()
  for (const entity of entities) {
    const version = lastVersion(entity)
    const known = instantsOf(entity)
    if (!known.has(version) && !read.has(version)) {
      read.set(version, await readInstant(log, project, version))
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
