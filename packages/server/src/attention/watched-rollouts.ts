import { isSafeRollout, isWithin } from '@flaghoist/core/model'
import { createPause } from '../pause.ts'
import type { LiveProject } from '../projects/projects.ts'
import { runsOf } from '../rollouts/find-rollout.ts'
import { shownRollout } from '../rollouts/rollout-view.ts'
import type { Services } from '../services.ts'
import { gateItem } from './rollout-items.ts'
import type { Attention, AttentionItem } from './schemas.ts'

/** Rollouts that are listed; a page shows the first few. */
const MAX_LISTED = 50
/** Time for which an answer is kept while the project does not change; evidence still arrives. */
const FRESH_MS = 5_000
/** Time for which an answer is kept although the project has changed. */
const LEAST_MS = 1_000

/** The rollouts in progress, and the runs of them that a person must advance. */
export interface Watched {
  readonly watching: Attention['watching']
  readonly items: readonly AttentionItem[]
}

interface Answer {
  readonly version: number
  readonly at: number
  readonly watched: Promise<Watched>
}

/** Returns the rollouts in progress that a person must watch, with their missing conditions. */
export type ReadWatched = (project: LiveProject, bound: string | undefined) => Promise<Watched>

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
    if (isKept) return known.watched
    const watched = readWatched(services, project, bound)
    // A failed answer is not kept.
    watched.catch(() => answers.delete(name))
    answers.set(name, { version, at, watched })
    return watched
  }
}

async function readWatched(
  { rollouts }: Pick<Services, 'rollouts'>,
  project: LiveProject,
  bound: string | undefined,
): Promise<Watched> {
  const { state } = project
  const running = [...state.rollouts.values()].filter(
    ({ key, endedAt }) =>
      endedAt === undefined && runsOf(state, key).some(({ scope }) => isWithin(scope, bound)),
  )
  const unsafe = running.filter((rollout) => !isSafeRollout(rollout, runsOf(state, rollout.key)))
  const pause = createPause()
  const listed: Attention['watching']['rollouts'] = []
  const items: AttentionItem[] = []
  for (const rollout of unsafe.slice(0, MAX_LISTED)) {
    const input = await rollouts.inputOf(project, rollout)
    const { key, flag, environment, safety, runs } = shownRollout(state, rollout, input, bound)
    listed.push({ rollout: key, flag, environment, ...safety })
    items.push(...gateItem(rollout, runs))
    await pause()
  }
  const safe = running.length - unsafe.length
  return { watching: { running: running.length, safe, rollouts: listed }, items }
}
