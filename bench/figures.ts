import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

/** A measured figure: a row of the table of a subject. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** The better direction. */
  readonly better: 'less' | 'more'
  /** The contender that is the least possible, or the best that hand-written code reaches. */
  readonly floor?: string
  /** Values by contender. */
  readonly values: Readonly<Record<string, number>>
}

/** The report of a benchmark. */
export interface Report {
  /** A section of the document. */
  readonly markdown: string
  readonly figures: readonly Figure[]
  readonly broken: readonly string[]
}

/** The figures of one run, as `--json` writes them. */
export interface Run {
  readonly subject: string
  /** Commit of the checkout, with `-dirty` if files were edited. */
  readonly commit: string
  /** ISO 8601. */
  readonly at: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    /** Load average of the last minute. */
    readonly load: number
    readonly node: string
  }
  readonly figures: readonly Figure[]
  /** Broken promises; empty for a run that succeeded. */
  readonly broken: readonly string[]
}

export function writeRun(file: string, run: Pick<Run, 'subject' | 'figures' | 'broken'>): void {
  const written: Run = {
    ...run,
    commit: commitOfCheckout(),
    at: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      load: Math.round(loadavg()[0]! * 10) / 10,
      node: process.versions.node,
    },
  }
  writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`)
}

export function readRun(file: string): Run {
  return JSON.parse(readFileSync(file, 'utf8')) as Run
}

function commitOfCheckout(): string {
  const args = ['describe', '--always', '--dirty', '--abbrev=12']
  return execFileSync('git', args, { encoding: 'utf8' }).trim()
}

/** Renders figures, with the ratio of each contender to the floor. */
export function figuresTable(figures: readonly Figure[]): string {
  const contenders = [...new Set(figures.flatMap(({ values }) => Object.keys(values)))]
  const rows = figures.map(({ name, unit, floor, values }) => [
    `${name}, ${unit}`,
    ...contenders.map((contender) => cellOf(values[contender], values[floor ?? ''])),
  ])
  return markdownTable(['', ...contenders], rows)
}

function cellOf(value: number | undefined, floor: number | undefined): string {
  if (value === undefined) return ''
  const ratio = floor === undefined ? '' : ` (${(value / floor).toFixed(2)}×)`
  return `${shown(value)}${ratio}`
}

/** Formats a number with three digits or more, or with two decimals below 1. */
export function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, i) => (i === 0 ? '---' : '--:'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}
