import { cpus, loadavg } from 'node:os'
import { markdownTable } from '../figures.ts'
import { CASE_NAMES, CASES, type CaseName } from './cases.ts'
import type { Load } from './load.ts'

/** The measurements of one contender in one case. */
export interface Cell {
  readonly ns: number
  /** Bytes that a call allocates; undefined if not measured. */
  readonly bytes: number | undefined
  /** The first wrong result. A contender with one is not measured. */
  readonly mistake: string | undefined
}

/** Name of a contender → its cells. */
export type Rows = ReadonlyMap<string, Readonly<Record<CaseName, Cell>>>

const CASE_HEADS = CASE_NAMES.map((name) => CASES[name])

/** Renders ns per call and the ratio to the floor. */
export function timeTable(rows: Rows, floorName: string): string {
  const floor = rows.get(floorName)!
  const lines = [...rows].map(([name, cells]) => [
    name,
    ...CASE_NAMES.map((kind) => renderTime(cells[kind], floor[kind])),
  ])
  return markdownTable(['ns per call', ...CASE_HEADS], lines)
}

export function allocationTable(rows: Rows): string {
  const lines = [...rows].map(([name, cells]) => [
    name,
    ...CASE_NAMES.map((kind) => renderBytes(cells[kind])),
  ])
  return markdownTable(['bytes per call', ...CASE_HEADS], lines)
}

export function loadTable(loads: ReadonlyMap<string, Load>): string {
  const lines = [...loads].map(([name, { ms, bytes }]) => [
    name,
    ms.toFixed(1),
    (bytes / 2 ** 20).toFixed(2),
  ])
  return markdownTable(['', 'ms from bytes to first evaluation', 'MiB retained'], lines)
}

/** Describes the machine and runtime of the measurement. */
export function machine(): string {
  const load = loadavg()[0]!.toFixed(1)
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, ${cpus().length} × ${cpus()[0]?.model.trim()} (load ${load}), Node ${process.versions.node}, V8 ${process.versions.v8}`
}

function renderTime(cell: Cell, floor: Cell): string {
  if (cell.mistake !== undefined) return `WRONG (${cell.mistake})`
  const ns = cell.ns < 100 ? cell.ns.toFixed(1) : thousands(cell.ns)
  return `${ns} (${(cell.ns / floor.ns).toFixed(1)}×)`
}

function renderBytes({ bytes, mistake }: Cell): string {
  return mistake !== undefined || bytes === undefined ? '' : thousands(bytes)
}

function thousands(value: number): string {
  // Adding zero turns -0 into 0.
  return (Math.round(value) + 0).toLocaleString('en')
}
