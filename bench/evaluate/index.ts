import type { Figure, Report } from '../figures.ts'
import { askedKey, CASE_NAMES, CASES, type CaseName, planFlags, users } from './cases.ts'
import { mistakeOf } from './check.ts'
import type { Asking, Contender } from './contender.ts'
import { CONTENDERS, STARTS } from './contenders.ts'
import { lookupAndHash } from './floors.ts'
import { type Load, measureLoad } from './load.ts'
import {
  allocatedPerCall,
  calibrate,
  collect,
  makeRound,
  median,
  type Round,
  shuffled,
  sweep,
} from './measure.ts'
import { allocationTable, type Cell, loadTable, machine, type Rows, timeTable } from './table.ts'

export interface EvaluateOptions {
  readonly flagCounts: readonly number[]
  /** Rounds over all contenders and cases; the median counts. */
  readonly rounds: number
  /** Starts of each contender, in processes of their own. */
  readonly starts: number
}

/** Short enough that few rounds are interrupted, so the median contains no interruption. */
const ROUND_MS = 1
/** The compiler still changes code for a while after every case has run once. */
const WARM_UP_ROUNDS = 40
const LOADED_FLAGS = 1_000
/** Smaller values are measurement noise. */
const ALLOCATES = 1

interface Entry {
  readonly contender: Contender
  readonly kind: CaseName
  readonly asking: Asking
  readonly mistake: string | undefined
  readonly round: Round
  calls: number
  readonly times: number[]
  bytes: number | undefined
}

/** Measures local evaluation of Flaghoist, peers and floors in one run. */
export async function benchEvaluate(options: EvaluateOptions): Promise<Report> {
  const sections: string[] = []
  const tell = (title: string, table: string) => {
    sections.push(`### ${title}\n\n${table}`)
    console.log(`\n${sections.at(-1)}`)
  }
  const head = `${machine()}; median of ${options.rounds} interleaved rounds, × is relative to "${lookupAndHash.name}".`
  console.log(`\n${head}`)

  const contenders = await Promise.all(Object.values(CONTENDERS).map((load) => load()))
  const broken: string[] = []
  const figures: Figure[] = []
  let rows: Rows = new Map()
  for (const flags of options.flagCounts) {
    const isLast = flags === options.flagCounts.at(-1)
    rows = await measureCount(contenders, flags, { ...options, countsBytes: isLast })
    tell(
      flags === 1 ? '1 flag' : `${flags.toLocaleString('en')} flags`,
      timeTable(rows, lookupAndHash.name),
    )
    broken.push(...brokenPromises(contenders, rows))
    figures.push(...figuresOf(rows, flags))
  }
  tell('Allocation', allocationTable(rows))
  const starts = await measureStarts(options.starts)
  tell(`Start with ${LOADED_FLAGS.toLocaleString('en')} flags`, loadTable(starts))
  figures.push(figureOfStarts(starts))
  return { markdown: [head, ...sections].join('\n\n'), figures, broken }
}

async function measureCount(
  contenders: readonly Contender[],
  flags: number,
  { rounds, countsBytes }: { rounds: number; countsBytes: boolean },
): Promise<Rows> {
  const entries: Entry[] = []
  for (const contender of contenders) entries.push(...(await enter(contender, flags)))
  const right = entries.filter(({ mistake }) => mistake === undefined)
  collect()
  // All cases are warm before the first is measured: a program evaluates flags of every kind.
  for (const entry of right) entry.calls = await calibrate(entry.round, ROUND_MS)
  for (let i = 0; i < WARM_UP_ROUNDS + rounds; i += 1)
    // A new order each time: in a fixed order, one entry could pay for every interruption.
    for (const entry of shuffled(right)) {
      sweep()
      const ns = await entry.round(entry.calls)
      if (i >= WARM_UP_ROUNDS) entry.times.push(ns)
    }
  for (const entry of right) if (countsBytes) entry.bytes = await allocatedPerCall(entry.round)
  for (const { asking } of entries) await asking.close?.()
  return toRows(entries)
}

/** Loads one contender for all four cases and checks its results. */
async function enter(contender: Contender, flags: number): Promise<readonly Entry[]> {
  const contexts = contextsOf(contender)
  const entries: Entry[] = []
  for (const kind of CASE_NAMES) {
    const configuration = contender.configuration(planFlags(kind, flags), kind)
    const asking = await contender.load(configuration, askedKey(flags))
    const mistake = await mistakeOf(contender, asking, kind)
    const round = makeRound(asking, contexts)
    entries.push({ contender, kind, asking, mistake, round, calls: 0, times: [], bytes: undefined })
  }
  return entries
}

const made = new Map<Contender['contextOf'], readonly unknown[]>()

/** Built once per shape, so that memory layout makes no difference between contenders. */
function contextsOf({ contextOf }: Contender): readonly unknown[] {
  const contexts = made.get(contextOf) ?? users.map((user) => contextOf(user))
  made.set(contextOf, contexts)
  return contexts
}

function toRows(entries: readonly Entry[]): Rows {
  const rows = new Map<string, Record<CaseName, Cell>>()
  for (const { contender, kind, times, bytes, mistake } of entries) {
    const cells = rows.get(contender.name) ?? ({} as Record<CaseName, Cell>)
    cells[kind] = { ns: median(times), bytes, mistake }
    rows.set(contender.name, cells)
  }
  return rows
}

function figuresOf(rows: Rows, flags: number): readonly Figure[] {
  return CASE_NAMES.map((kind) => {
    const right = [...rows].filter(([, cells]) => cells[kind].mistake === undefined)
    return {
      name: `${CASES[kind]}, ${flags} flags`,
      unit: 'ns per call',
      better: 'less',
      floor: lookupAndHash.name,
      values: Object.fromEntries(right.map(([name, cells]) => [name, cells[kind].ns])),
    }
  })
}

function figureOfStarts(starts: ReadonlyMap<string, Load>): Figure {
  return {
    name: `start with ${LOADED_FLAGS} flags`,
    unit: 'ms',
    better: 'less',
    floor: lookupAndHash.name,
    values: Object.fromEntries([...starts].map(([name, { ms }]) => [name, ms])),
  }
}

function brokenPromises(contenders: readonly Contender[], rows: Rows): readonly string[] {
  const found: string[] = []
  for (const { name } of contenders.filter((contender) => contender.kind !== 'peer'))
    for (const kind of CASE_NAMES) {
      const { mistake, bytes = 0 } = rows.get(name)![kind]
      if (mistake !== undefined) found.push(`${name}, ${kind}: ${mistake}`)
      if (bytes >= ALLOCATES) found.push(`${name}, ${kind}: ${bytes.toFixed(1)} bytes per call`)
    }
  return found
}

async function measureStarts(times: number): Promise<ReadonlyMap<string, Load>> {
  const loads = new Map<string, Load>()
  for (const [id, load] of Object.entries(STARTS))
    loads.set((await load()).name, await measureLoad(id, LOADED_FLAGS, times))
  return loads
}
