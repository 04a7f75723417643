import { isFlaghoistError } from '@flaghoist/core'
import type { Committed, Projects } from '../projects/projects.ts'
import { DURATIONS, type Telemetry } from './telemetry.ts'

/** Counts and times the commits of a registry. */
export function observeCommits(
  projects: Projects,
  telemetry: Telemetry,
  elapsed: () => number,
): Projects {
  const commits = telemetry.counter({
    name: 'flaghoist.commits',
    unit: '{commit}',
    description: 'Requested writes by their result',
  })
  const durations = telemetry.histogram(
    {
      name: 'flaghoist.commit.duration',
      unit: 's',
      description: 'Duration of commits, with their wait for other writes of the project',
    },
    DURATIONS,
  )
  const results = {
    committed: commits.cell({ result: 'committed' }),
    unchanged: commits.cell({ result: 'unchanged' }),
    replayed: commits.cell({ result: 'replayed' }),
    refused: commits.cell({ result: 'refused' }),
    failed: commits.cell({ result: 'failed' }),
  }
  const usual = durations.recorder({ urgent: 'false' })
  const urgent = durations.recorder({ urgent: 'true' })

  return {
    ...projects,
    async commit(write, caller) {
      const startedAt = elapsed()
      try {
        const committed = await projects.commit(write, caller)
        results[resultOf(committed)].value += 1
        if (committed.change) (write.urgent ? urgent : usual)((elapsed() - startedAt) / 1_000)
        return committed
      } catch (error) {
        results[isRefusal(error) ? 'refused' : 'failed'].value += 1
        throw error
      }
    },
  }
}

function resultOf({ replayed, change }: Committed): 'replayed' | 'committed' | 'unchanged' {
  if (replayed !== undefined) return 'replayed'
  return change === undefined ? 'unchanged' : 'committed'
}

/** Returns true if the caller has to change its write; the server is well then. */
function isRefusal(error: unknown): boolean {
  return isFlaghoistError(error) && error.status < 500
}
