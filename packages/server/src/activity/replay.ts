import type { Change } from '@flaghoist/core/schema'
import type { LiveProject, Projects } from '../projects/projects.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { changeFrames } from './change-frames.ts'
import { positionFrame } from './frames.ts'

/** Changes that are sent again to a client that returns. */
const MAX_REPLAYED = 500

/** The changes that a client has missed. */
export interface Replay {
  /** True while the project has no change that was not read; until the next turn. */
  isCurrent(): boolean
  readOn(): Promise<void>
  /** Returns the events of the changes; a `reset` if the log lacks the version, or has too many. */
  frames(bound: string | undefined): readonly Buffer[]
}

interface ReplayParts {
  readonly projects: Projects
  readonly log: Pick<ChangeLog, 'read'>
}

/** Starts to read the changes of a project after a version. */
export async function startReplay(
  { projects, log }: ReplayParts,
  key: string,
  since: number,
): Promise<Replay> {
  // Another server may have sent a version that this one has not read yet.
  await projects.catchUp(key, since)
  const changes: Change[] = []
  const missingIn = ({ state }: LiveProject) => state.version - since - changes.length
  const canReplay = (project: LiveProject) => {
    const missing = missingIn(project)
    return missing >= 0 && changes.length + missing <= MAX_REPLAYED
  }
  return {
    isCurrent() {
      const project = projects.get(key)
      return !canReplay(project) || missingIn(project) === 0
    },
    async readOn() {
      const read = await log.read(key, since + changes.length, missingIn(projects.get(key)))
      changes.push(...read)
    },
    frames(bound) {
      const project = projects.get(key)
      if (!canReplay(project)) return [positionFrame('reset', project)]
      return changes.flatMap((change) => changeFrames(project.state, change, bound))
    },
  }
}
