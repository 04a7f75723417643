import type { LogName } from '../change-log.ts'
import type { EventPiece, UnitCopy } from '../event-copy.ts'
import type { CellCounters } from '../event-counters.ts'
import { type Cell, MAX_METRICS } from '../event-store.ts'
import { type CellRow, type Cells, metricBit } from './sqlite-event-cells.ts'
import type { EventStatements } from './sqlite-event-statements.ts'
import type { ExposureCounts } from './sqlite-exposure-counts.ts'
import type { UnitFilter } from './sqlite-unit-filter.ts'
import { keyOf, toInteger } from './sqlite-unit-lookup.ts'

interface Import {
  readonly log: LogName
  readonly piece: EventPiece
}

interface ImportTables {
  readonly sql: EventStatements
  readonly cells: Cells
  readonly counts: ExposureCounts
  readonly filter: UnitFilter
}

/** Adds events inside a transaction. Returns false if their log is not there. */
export function importEvents(
  tables: ImportTables,
  { log: { project, epoch }, piece }: Import,
): boolean {
  const { sql, cells, filter } = tables
  if (sql.log.get(project)?.epoch !== epoch) return false
  for (const [id, at] of piece.batches) sql.insertBatch.run(project, id, at)
  for (const copy of piece.attempts) {
    const attempt = cells.attemptOf(project, copy.attempt, copy.at)
    for (const metric of copy.metrics) metricBit(sql, attempt, metric, MAX_METRICS)
    const cellOf = (cell: Cell) => cells.of(project, cell, copy.at)
    for (const counters of copy.cells) importCounters(tables, cellOf(counters.cell), counters)
    for (const unit of copy.units) {
      importUnit(sql, cellOf, unit)
      filter.add(keyOf(attempt.id, unit.unit))
    }
  }
  return true
}

function importCounters(
  { sql, counts }: ImportTables,
  { id }: CellRow,
  counters: CellCounters,
): void {
  for (const { minute, reason, count, units, first } of counters.exposures.values())
    counts.add(id, { minute, reason, count, units, again: units - first })
  for (const { minute, metric, units, matured, histogram } of counters.outcomes.values()) {
    sql.addOutcomes.run(id, minute, metric, units, matured)
    for (const [bucket, n] of histogram) sql.addMeasurements.run(id, minute, metric, bucket, n, 0)
  }
}

/** Stores a unit. Its first exposure holds the metrics. */
function importUnit(
  sql: EventStatements,
  cellOf: (cell: Cell) => CellRow,
  { unit, metrics, exposures }: UnitCopy,
): void {
  for (const [i, { cell, minute }] of exposures.entries()) {
    const { id, revision, attempt } = cellOf(cell)
    const isFirst = i === 0
    const bits = isFirst ? metrics.map((metric) => 2 ** attempt.metrics.indexOf(metric)) : []
    const mask = bits.reduce((sum, bit) => sum + bit, 0)
    sql.importUnit.run(attempt.id, toInteger(unit), revision, id, minute, mask, Number(isFirst))
  }
}
