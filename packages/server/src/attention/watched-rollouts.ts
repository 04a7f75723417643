import { isSafeRollout, isWithin } from '@flaghoist/core/model'
import { createPause } from '../pause.ts'
import type { LiveProject } from '../projects/projects.ts'
import { runsOf } from '../rollouts/find-rollout.ts'
import { shownRollout } from '../rollouts/rollout-view.ts'
import type { Services } from '../services.ts'
import type { Attention } from './schemas.ts'

/** Rollouts that are listed; a page shows the first few. */
const MAX_LISTED = 50
/** Time for which an answer stands for a state: only the passing of time can change it. */
const FRESH_MS = 5_000
/** Time between two answers while the state changes again and again. */
const LEAST_MS = 1_000

interface Answer {
  readonly version: number
  readonly at: number
  readonly watching: Promise<Attention['watching']>
}

/** Returns which rollouts in progress a person must watch, and what they lack to be safe. */
export type ReadWatched = (
  project: LiveProject,
  bound: string | undefined,
) => Promise<Attention['watching']>

/** Creates a reader that computes at most one answer a second for each view of a project. */
export function createWatchedReader(services: Pick<Services, 'rollouts' | 'elapsed'>): ReadWatched {
  const answers = new Map<string, Answer>()
  return (project, bound) => {
    const at = services.elapsed()
    const name = `${project.key} ${bound ?? ''}`
    const known = answers.get(name)
    const { version } = project.state
    const isKept =
      known !== undefined && at - known.at < (known.version === version ? FRESH_MS : LEAST_MS)
    if (isKept) return known.watching
    const watching = readWatched(services, project, bound)
    // A failed answer is not kept.
    watching.catch(() => answers.delete(name))
    answers.set(name, { version, at, watching })
    return watching
  }
}

async function readWatched(
  { rollouts }: Pick<Services, 'rollouts'>,
  project: LiveProject,
  bound: string | undefined,
): Promise<Attention['watching']> {
  const { state } = project
  const running = [...state.rollouts.values()].filter(
    ({ key, endedAt }) =>
      endedAt === undefined && runsOf(state, key).some(({ scope }) => isWithin(scope, bound)),
  )
  const unsafe = running.filter((rollout) => !isSafeRollout(rollout, runsOf(state, rollout.key)))
  const pause = createPause()
  const watched: Attention['watching']['rollouts'] = []
  for (const rollout of unsafe.slice(0, MAX_LISTED)) {
    const input = await rollouts.inputOf(project, rollout)
    const { key, flag, environment, safety } = shownRollout(state, rollout, input, bound)
    watched.push({ rollout: key, flag, environment, ...safety })
    await pause()
  }
  return { running: running.length, safe: running.length - unsafe.length, rollouts: watched }
}
