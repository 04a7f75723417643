import { readFileSync, writeFileSync } from 'node:fs'
import { CASES, type CaseName, isRightShare } from './cases.ts'
import type { Contender, Prepared } from './contender.ts'
import { core, coreDetails, node } from './flaghoist.ts'
import { lookup, lookupAndHash } from './floors.ts'
import { loadTable } from './load.ts'
import {
  allocatedPerCall,
  calibrate,
  countTrues,
  makeRound,
  median,
  type Round,
} from './measure.ts'
import { configcat } from './peers/configcat.ts'
import { featurevisor } from './peers/featurevisor.ts'
import { flagd } from './peers/flagd.ts'
import { growthbook } from './peers/growthbook.ts'
import { launchdarkly } from './peers/launchdarkly.ts'
import { unleash } from './peers/unleash.ts'
import { vercel } from './peers/vercel.ts'
import { type Cell, machine, renderTable } from './table.ts'

const CONTENDERS: readonly Contender[] = [
  lookup,
  lookupAndHash,
  core,
  node,
  coreDetails,
  flagd,
  vercel,
  unleash,
  configcat,
  growthbook,
  launchdarkly,
  featurevisor,
]

export interface EvaluateOptions {
  readonly flagCounts: readonly number[]
  /** Rounds over all contenders; the median counts. */
  readonly rounds: number
  readonly roundMs: number
  /** Document that the tables are written to. */
  readonly writeTo: string | undefined
}

interface Running {
  readonly contender: Contender
  readonly prepared: Prepared
  readonly round: Round
  readonly calls: number
  readonly times: number[]
}

/** Measures local evaluation, ours beside peers and floors, in one run. */
export async function benchEvaluate(options: EvaluateOptions): Promise<void> {
  const sections = [
    `Machine: ${machine()}. ns per call, median of ${options.rounds} interleaved rounds; × is to the floor of the row.`,
  ]
  for (const flags of options.flagCounts) {
    const columns = new Map<CaseName, Map<string, Cell>>()
    for (const name of Object.keys(CASES) as CaseName[])
      columns.set(name, await measureCase(name, flags, options))
    sections.push(
      `### ${flags.toLocaleString('en')} ${flags === 1 ? 'flag' : 'flags'} loaded\n\n${renderTable(CONTENDERS, columns)}`,
    )
    console.log(`\n${sections.at(-1)}`)
  }
  sections.push(`### Loading 1,000 flags\n\n${await loadTable()}`)
  console.log(`\n${sections.at(-1)}`)
  if (options.writeTo !== undefined) write(options.writeTo, sections.join('\n\n'))
}

async function measureCase(
  name: CaseName,
  flags: number,
  options: EvaluateOptions,
): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>()
  const running: Running[] = []
  for (const contender of CONTENDERS) {
    const prepared = await contender.prepare(name, flags)
    const trues = await countTrues(prepared)
    // Whoever gives wrong answers is not measured: being fast at that is no merit.
    if (!contender.isFloor && !isRightShare(name, trues)) {
      cells.set(contender.name, { wrong: `${trues / 100} %` })
      await prepared.close?.()
      continue
    }
    const round = makeRound(prepared)
    running.push({
      contender,
      prepared,
      round,
      calls: await calibrate(round, options.roundMs),
      times: [],
    })
  }
  for (let i = 0; i < options.rounds; i += 1)
    for (const { round, calls, times } of running) times.push(await round(calls))
  for (const { contender, prepared, round, times } of running) {
    const bytes = await allocatedPerCall(round, Math.min(20_000, 100_000))
    cells.set(contender.name, { ns: median(times), bytes })
    await prepared.close?.()
  }
  return cells
}

/** Replaces what stands between the markers of a document. */
function write(path: string, text: string): void {
  const document = readFileSync(path, 'utf8')
  const [start, end] = ['<!-- bench:evaluate -->', '<!-- /bench:evaluate -->']
  const head = document.slice(0, document.indexOf(start) + start.length)
  writeFileSync(path, `${head}\n\n${text}\n\n${document.slice(document.indexOf(end))}`)
}
