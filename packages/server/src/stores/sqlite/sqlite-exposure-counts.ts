import type { DatabaseSync } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import { createPause } from '../../pause.ts'
import { countByVariant } from '../count-by-variant.ts'
import type { VariantCount, VariantCountQuery } from '../event-store.ts'
import { IS_WITHIN } from './sqlite-event-sums.ts'

/** Cells whose counts are kept: some megabytes. */
const MAX_KEPT_CELLS = 50_000

const ADD = `
  INSERT INTO exposures (cell, minute, reason, count, units, again) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE
  SET count = count + excluded.count, units = units + excluded.units,
    again = again + excluded.again`

const CELLS = `
  SELECT cells.id, scope, variant
  FROM attempts JOIN cells ON cells.attempt = attempts.id
  WHERE project = :project AND flag = :flag AND (:scope IS NULL OR scope = :scope)
    AND ${IS_WITHIN}`

/** Reads the rows in their order. Sums by reason would sort them first, for four times as long. */
const SUM = `
  SELECT coalesce(sum(count), 0) AS count, coalesce(sum(units), 0) AS units
  FROM exposures WHERE cell = ? AND minute >= ? AND minute < ?`

/** An addition to a row of the table `exposures`. */
export interface AddedExposures {
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly reason: Reason
  readonly count: number
  readonly units: number
  /** Those of `units` that another allocation of the attempt had exposed before. */
  readonly again: number
}

/** Counts exposures by variant, and writes them, so that it misses no write. */
export interface ExposureCounts {
  /** Adds to a row of a cell, within the caller's transaction. */
  add(cell: number, added: AddedExposures): void
  /** Counts the exposures of a flag by scope and variant. */
  of(project: string, query: VariantCountQuery): Promise<readonly VariantCount[]>
  /** To be called after a rollback, and when rows were deleted. */
  forget(): void
}

/**
 * Keeps the counts of each cell in the span that was read last, and adds each write to them. A
 * dashboard reads a whole day again every few seconds: that costs the minutes that the span has
 * lost and gained since.
 */
export function createExposureCounts(database: DatabaseSync): ExposureCounts {
  const addRow = database.prepare(ADD)
  const cells = database.prepare(CELLS)
  const sum = database.prepare(SUM)
  const kept = new Map<number, KeptCounts>()

  const sumOf = (cell: number, from: number, to: number): Counts =>
    from < to ? (sum.get(cell, from, to) as unknown as Counts) : { count: 0, units: 0 }
  const read = (cell: number, { from, to }: Span): Counts => {
    if (kept.size >= MAX_KEPT_CELLS) kept.clear()
    const counts = { from, to, ...sumOf(cell, from, to) }
    kept.set(cell, counts)
    return counts
  }
  const moveOn = (cell: number, counts: KeptCounts, { from, to }: Span): Counts => {
    const lost = sumOf(cell, counts.from, from)
    const gained = sumOf(cell, counts.to, to)
    counts.count += gained.count - lost.count
    counts.units += gained.units - lost.units
    counts.from = from
    counts.to = to
    return counts
  }
  const countsOf = (cell: number, span: Span): Counts => {
    const known = kept.get(cell)
    const isEarlier = known && known.from <= span.from && known.to <= span.to
    return isEarlier && span.from < known.to ? moveOn(cell, known, span) : read(cell, span)
  }

  return {
    add(cell, { minute, reason, count, units, again }) {
      addRow.run(cell, minute, reason, count, units, again)
      const counts = kept.get(cell)
      if (counts === undefined || minute < counts.from || minute >= counts.to) return
      counts.count += count
      counts.units += units
    },

    async of(project, { flag, scope = null, within = null, from, to }) {
      const pause = createPause()
      const found: VariantCount[] = []
      const selected = cells.all({ project, flag, scope, within }) as unknown as CellOfVariant[]
      for (const { id, scope: place, variant } of selected) {
        const { count, units } = countsOf(id, { from, to })
        found.push({ scope: place, variant, count, units })
        await pause()
      }
      return countByVariant(found)
    },

    forget: () => kept.clear(),
  }
}

type Span = Pick<VariantCountQuery, 'from' | 'to'>

type Counts = Pick<VariantCount, 'count' | 'units'>

/** The counts of a cell in a span. */
interface KeptCounts {
  from: number
  to: number
  count: number
  units: number
}

interface CellOfVariant extends Pick<VariantCount, 'scope' | 'variant'> {
  readonly id: number
}
