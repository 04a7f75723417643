import type { DatabaseSync } from 'node:sqlite'
import { createPause } from '../../pause.ts'
import type {
  Cell,
  EventQuery,
  ExposureSum,
  LastExposure,
  LastExposureQuery,
  OutcomeQuery,
  OutcomeSum,
} from '../event-store.ts'

/** True of the scope that a query is limited to, and of those inside it. */
export const IS_WITHIN = `(:within IS NULL OR scope = :within
  OR substr(scope, 1, length(:within) + 1) = :within || '/')`

/** The cells that a query selects. */
const CELLS = `
  SELECT cells.id, flag, scope, revision, attempts.attempt AS attempt, variant, arm, split
  FROM attempts JOIN cells ON cells.attempt = attempts.id
  WHERE project = :project
    AND (:flag IS NULL OR flag = :flag) AND (:scope IS NULL OR scope = :scope)
    AND ${IS_WITHIN}
    AND (:revision IS NULL OR revision = :revision)
  ORDER BY flag, scope, revision, attempts.attempt, variant, arm, split`

/**
 * Sums of one cell over steps, the latest first. A step of 0 makes one row, which starts with its
 * first minute: dividing by zero yields NULL.
 */
function sumsByStep(table: string, key: string, values: string): string {
  return `SELECT ${key}, coalesce(minute / :step * :step, min(minute)) AS start, ${values}
    FROM ${table} WHERE cell = :cell AND minute >= :from AND minute < :to
    GROUP BY minute / :step, ${key} ORDER BY start DESC, ${key} LIMIT :limit`
}

/** Finds the last minute of each cell in the primary key, without reading the others. */
const LAST_EXPOSURES = `
  SELECT scope, max((SELECT max(minute) FROM exposures WHERE cell = cells.id)) AS minute
  FROM attempts JOIN cells ON cells.attempt = attempts.id
  WHERE project = :project AND flag = :flag
    AND ${IS_WITHIN}
  GROUP BY scope HAVING minute >= :from
  ORDER BY minute DESC, scope`

/** Sums events cell by cell; other work runs in between. */
export function createEventSums(database: DatabaseSync) {
  const cells = database.prepare(CELLS)
  const exposures = database.prepare(
    sumsByStep('exposures', 'reason', 'sum(count) AS count, sum(units) AS units'),
  )
  const lastExposures = database.prepare(LAST_EXPOSURES)
  const outcomes = database.prepare(
    sumsByStep('outcomes', 'metric', 'sum(units) AS units, sum(matured) AS matured'),
  )
  const measurements = database.prepare(
    `SELECT bucket, sum(units) AS units FROM measurements
     WHERE cell = :cell AND minute >= :from AND minute < :to AND metric = :metric
     GROUP BY bucket ORDER BY bucket`,
  )

  /** The latest rows of all selected cells. */
  const latest = async <S extends { readonly start: number }>(
    statement: typeof exposures,
    project: string,
    query: EventQuery,
  ): Promise<SumRow<S>[]> => {
    const { from, to, limit } = query
    const pause = createPause()
    let found: SumRow<S>[] = []
    // A stable sort: the order of cells is kept among rows of one step.
    const trim = () => found.sort((a, b) => b.sum.start - a.sum.start).slice(0, limit)
    for (const { id, ...cell } of cells.all(selection(project, query)) as unknown as CellOfSum[]) {
      const parameters = { cell: id, from, to, limit, step: integerStep(query) }
      const rows = statement.all(parameters) as unknown as S[]
      for (const row of rows) found.push({ id, sum: { ...cell, ...row } })
      if (found.length > 2 * limit) found = trim()
      await pause()
    }
    return trim()
  }

  return {
    async exposures(project: string, query: EventQuery): Promise<ExposureSum[]> {
      const found = await latest<Omit<ExposureSum, keyof Cell>>(exposures, project, query)
      return found.map(({ sum }) => sum)
    },

    async lastExposures(
      project: string,
      { flag, within, from }: LastExposureQuery,
    ): Promise<LastExposure[]> {
      const parameters = { project, flag, within: within ?? null, from }
      return lastExposures.all(parameters) as unknown as LastExposure[]
    },

    async outcomes(project: string, query: OutcomeQuery): Promise<OutcomeSum[]> {
      const found = await latest<OutcomeCounts>(outcomes, project, query)
      if (query.withoutHistograms) return found.map(({ sum }) => ({ ...sum, histogram: [] }))
      const pause = createPause()
      const all: OutcomeSum[] = []
      for (const { id, sum } of found) {
        const { from, to, stepMs } = query
        const { metric, start } = sum
        const step = { from: Math.max(from, start), to: Math.min(to, start + stepMs) }
        const rows = measurements.all({ cell: id, metric, ...step }) as unknown as BucketRow[]
        all.push({ ...sum, histogram: rows.map(({ bucket, units }) => [bucket, units]) })
        await pause()
      }
      return all
    },
  }
}

interface CellOfSum extends Cell {
  readonly id: number
}

interface SumRow<S> {
  /** Id of the cell. */
  readonly id: number
  readonly sum: Cell & S
}

type OutcomeCounts = Omit<OutcomeSum, keyof Cell | 'histogram'>

interface BucketRow {
  readonly bucket: number
  readonly units: number
}

function selection(project: string, { flag, scope, within, revision }: EventQuery) {
  return {
    project,
    flag: flag ?? null,
    scope: scope ?? null,
    within: within ?? null,
    revision: revision ?? null,
  }
}

/** A bigint is an INTEGER in SQLite, whose division drops the remainder; a number would be REAL. */
function integerStep({ stepMs }: EventQuery): bigint {
  return stepMs === Number.POSITIVE_INFINITY ? 0n : BigInt(stepMs)
}
