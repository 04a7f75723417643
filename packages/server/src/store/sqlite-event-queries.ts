import type { DatabaseSync } from 'node:sqlite'
import type { EventQuery, ExposureSum, OutcomeSum } from './store.ts'

/** Cells that a query means, each with its names. */
const CELLS = `
  SELECT cells.id AS cell, flag, scope, revisions.revision AS revision, variant, arm
  FROM revisions JOIN cells ON cells.revision = revisions.id
  WHERE project = :project AND (:flag IS NULL OR flag = :flag) AND (:scope IS NULL OR scope = :scope)
    AND (:within IS NULL OR scope = :within OR substr(scope, 1, length(:within) + 1) = :within || '/')
    AND (:revision IS NULL OR revisions.revision = :revision)`

/** Sums over steps; of the smallest minute in a step, which is its start where a step is everything. */
function sums(table: string, keys: string, values: string): string {
  return `WITH c AS (${CELLS})
    SELECT flag, scope, revision, variant, arm, ${keys},
      CASE WHEN :step = 0 THEN min(minute) ELSE minute / :step * :step END AS start, ${values}
    FROM c CROSS JOIN ${table} USING (cell)
    WHERE minute >= :from AND minute < :to
    GROUP BY cell, ${keys}, CASE WHEN :step = 0 THEN 0 ELSE minute / :step END
    ORDER BY start DESC, flag, scope, revision, variant, arm, ${keys}`
}

/** What was counted, added up. */
export function createEventQueries(database: DatabaseSync) {
  const exposures = database.prepare(
    `${sums('exposures', 'reason', 'sum(count) AS count, sum(units) AS units')} LIMIT :limit`,
  )
  const outcomes = database.prepare(
    `${sums('outcomes', 'metric', 'sum(units) AS units, sum(matured) AS matured')} LIMIT :limit`,
  )
  const measurements = database.prepare(
    sums('measurements', 'metric, bucket', 'sum(units) AS units'),
  )

  return {
    exposures: (project: string, query: EventQuery): ExposureSum[] =>
      exposures.all(parametersOf(project, query)) as unknown as ExposureSum[],

    outcomes(project: string, query: EventQuery): OutcomeSum[] {
      const parameters = parametersOf(project, query)
      const rows = outcomes.all(parameters) as unknown as Omit<OutcomeSum, 'histogram'>[]
      const { limit: _, ...unlimited } = parameters
      const histograms = new Map<string, [number, number][]>()
      const stepOf = ({ start }: { start: number }) => (query.stepMs === Infinity ? 0 : start)
      const nameOf = (row: Omit<OutcomeSum, 'histogram' | 'units' | 'matured'>) =>
        [row.flag, row.scope, row.revision, row.variant, row.arm, row.metric, stepOf(row)].join(' ')
      for (const row of measurements.all(unlimited) as unknown as MeasurementRow[]) {
        const histogram = histograms.get(nameOf(row)) ?? []
        histograms.set(nameOf(row), histogram)
        histogram.push([row.bucket, row.units])
      }
      return rows.map((row) => ({
        ...row,
        histogram: (histograms.get(nameOf(row)) ?? []).sort(([a], [b]) => a - b),
      }))
    },
  }
}

interface MeasurementRow extends Omit<OutcomeSum, 'histogram' | 'matured'> {
  readonly bucket: number
}

function parametersOf(project: string, query: EventQuery) {
  return {
    project,
    flag: query.flag ?? null,
    scope: query.scope ?? null,
    within: query.within ?? null,
    revision: query.revision ?? null,
    from: query.from,
    to: query.to,
    step: query.stepMs === Number.POSITIVE_INFINITY ? 0 : query.stepMs,
    limit: query.limit,
  }
}
