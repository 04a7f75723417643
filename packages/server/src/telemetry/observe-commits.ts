import { isFlaghoistError } from '@flaghoist/core'
import type { Attributes } from '@opentelemetry/api'
import { inSpan } from '../in-span.ts'
import type { Committed, Projects, Write } from '../projects/projects.ts'
import { DURATIONS, type Telemetry } from './telemetry.ts'

/** Counts, times and traces the commits of a registry. */
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
    get readOnly() {
      return projects.readOnly
    },
    commit: (write, caller) =>
      inSpan('flaghoist.commit', { attributes: attributesOf(write) }, async (span) => {
        const startedAt = elapsed()
        try {
          const committed = await projects.commit(write, caller)
          const result = resultOf(committed)
          results[result].value += 1
          span.setAttribute('flaghoist.result', result)
          if (committed.change) {
            ;(write.urgent ? urgent : usual)((elapsed() - startedAt) / 1_000)
            span.setAttribute('flaghoist.version', committed.change.seq)
          }
          return committed
        } catch (error) {
          results[isRefusal(error) ? 'refused' : 'failed'].value += 1
          throw error
        }
      }),
  }
}

function attributesOf({ project, action, urgent = false }: Write): Attributes {
  return {
    'flaghoist.project': project,
    'flaghoist.action': action,
    'flaghoist.urgent': urgent,
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
