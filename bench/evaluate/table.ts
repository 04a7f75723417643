import { cpus } from 'node:os'
import { CASES, type CaseName } from './cases.ts'
import type { Contender } from './contender.ts'

/** What was measured of one contender in one case. */
export type Cell =
  | { readonly ns: number; readonly bytes: number; readonly wrong?: undefined }
  | { readonly wrong: string }

/** The floor that a row is compared with. */
const FLOOR = 'floor: + inlined murmur3'

export function renderTable(
  contenders: readonly Contender[],
  columns: ReadonlyMap<CaseName, ReadonlyMap<string, Cell>>,
): string {
  const names = [...columns.keys()]
  const rows = contenders.map(({ name }) => [
    name,
    ...names.map((column) =>
      renderCell(columns.get(column)!.get(name)!, columns.get(column)!.get(FLOOR)!),
    ),
    ...names.slice(1, 3).map((column) => renderBytes(columns.get(column)!.get(name)!)),
  ])
  const heads = ['', ...names.map((name) => CASES[name]), 'bytes a call (b)', 'bytes a call (c)']
  return markdown(heads, rows)
}

export function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, i) => (i === 0 ? '---' : '--:'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}

/** What the figures were taken on. */
export function machine(): string {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim()}, Node ${process.versions.node}`
}

function renderCell(cell: Cell, floor: Cell): string {
  if (cell.wrong !== undefined) return `WRONG (${cell.wrong})`
  const ratio = floor.wrong === undefined ? ` (${(cell.ns / floor.ns).toFixed(1)}×)` : ''
  const ns = cell.ns < 100 ? cell.ns.toFixed(1) : Math.round(cell.ns).toLocaleString('en')
  return ns + ratio
}

function renderBytes(cell: Cell): string {
  if (cell.wrong !== undefined) return ''
  return Math.round(cell.bytes).toLocaleString('en')
}
