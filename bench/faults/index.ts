import { type MeasureOptions, measureFaults, type Row } from '../../test-support/faults/measure.ts'
import { REDIS_SCENARIOS, SCENARIOS } from '../../test-support/faults/scenarios.ts'
import { measureStorm } from '../../test-support/faults/storm.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, markdownTable } from '../figures.ts'
import { requireFileHandles } from '../file-handles.ts'

/** Files of a server besides its streams: requests of clients that confirm a change, and others. */
const OTHER_FILES = 2_000

export interface FaultsOptions extends MeasureOptions {
  /** Clients that are cut off at once. */
  readonly storm: number
}

/** Brings about every fault between a server and its SDKs, and measures what they do. */
export async function benchFaults(options: FaultsOptions) {
  requireFileHandles(options.storm + OTHER_FILES)
  const rows = [
    ...(await measureFaults(SCENARIOS, options)),
    ...(await measureFaults(REDIS_SCENARIOS, { ...options, store: 'Redis' })),
    await measureStorm({ clients: options.storm, tolerance: options.tolerance }),
  ]
  return report(rows, options)
}

function report(rows: readonly Row[], options: MeasureOptions) {
  const markdown = render(rows, options)
  console.log(`\n${markdown}`)
  return { markdown, figures: rows.flatMap(figuresOf), broken: rows.flatMap((row) => row.broken) }
}

function render(rows: readonly Row[], { sdks, lengthMs }: MeasureOptions): string {
  const ms = (value: number | undefined) => (value === undefined ? '' : `${Math.round(value)} ms`)
  const cells = rows.map((row) => [
    row.name,
    `${row.lost} of ${row.acknowledged}`,
    `${row.wrong} of ${row.evaluations}`,
    String(row.exceptions),
    String(row.backwards),
    ms(row.rightMs),
    ms(row.killDuringMs),
    ms(row.killMs),
  ])
  const head = `${machine()}; ${sdks} SDKs, a write every 25 ms, faults of ${lengthMs / 1_000} s.`
  return [head, markdownTable(HEADS, cells)].join('\n\n')
}

const HEADS = [
  'fault',
  'acknowledged writes lost',
  'wrong evaluations',
  'exceptions',
  'versions back',
  'right again',
  'kill during',
  'kill after',
]

function figuresOf({ name, lost, wrong, rightMs, killMs }: Row): readonly Figure[] {
  const figure = (what: string, unit: string, value: number): Figure => {
    return { name: `${name}: ${what}`, unit, better: 'less', values: { Flaghoist: value } }
  }
  return [
    figure('acknowledged writes lost', 'writes', lost),
    figure('wrong evaluations', 'evaluations', wrong),
    figure('right again after', 'ms', rightMs),
    figure('kill after the fault', 'ms', killMs),
  ]
}
