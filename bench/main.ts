import { parseArgs } from 'node:util'
import { compareCommits } from './commits.ts'
import { comparisonTable } from './compare.ts'
import { writeSection } from './document.ts'
import { benchEvaluate } from './evaluate/index.ts'
import { benchFaults } from './faults/index.ts'
import { type Figure, readRun, writeRun } from './figures.ts'
import { benchHealth } from './health/index.ts'
import { benchHttp } from './http/index.ts'
import { benchIngest } from './ingest/index.ts'
import { benchK6 } from './k6/index.ts'
import { benchRedis } from './redis/index.ts'
import { benchRelay } from './relay/index.ts'
import { benchRollouts } from './rollouts/index.ts'
import { benchScale } from './scale/index.ts'
import { benchStreams } from './streams/index.ts'
import { benchWrites } from './writes/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    flags: { type: 'string', default: '1,100,1000' },
    write: { type: 'boolean', default: false },
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
  },
})

/** A section of the document, the figures for programs, and the broken promises. */
interface Report {
  readonly markdown: string
  readonly figures: readonly Figure[]
  readonly broken: readonly string[]
}

const SUBJECTS: Readonly<Record<string, () => Promise<Report>>> = {
  evaluate() {
    const flagCounts = values.flags.split(',').map(wholeNumber)
    const effort = values.quick ? { rounds: 31, starts: 2 } : { rounds: 121, starts: 8 }
    return benchEvaluate({ flagCounts, ...effort })
  },
  faults: () =>
    benchFaults({ sdks: 20, seed: 1, lengthMs: values.quick ? 2_000 : 15_000, tolerance: 1.5 }),
  ingest: () => benchIngest({ rounds: values.quick ? 3 : 9 }),
  http: () => benchHttp({ rounds: values.quick ? 5 : 25 }),
  health: () =>
    benchHealth(values.quick ? { rollouts: 500, looks: 500 } : { rollouts: 5_000, looks: 1_000 }),
  k6: () =>
    benchK6(
      values.quick
        ? { rounds: 1, seconds: 4, streams: 200 }
        : { rounds: 3, seconds: 5, streams: 1_000 },
    ),
  redis: () => benchRedis({ units: values.quick ? 100_000 : 1_000_000 }),
  streams: () =>
    benchStreams(
      values.quick
        ? { streams: 2_000, kills: 5, storms: 1 }
        : { streams: 10_000, kills: 25, storms: 4 },
    ),
  relay: () =>
    benchRelay(values.quick ? { streams: 500, batches: 500 } : { streams: 5_000, batches: 5_000 }),
  scale: () => benchScale({ minutes: values.quick ? 4 : 60 }),
  writes: () =>
    benchWrites(
      values.quick
        ? { killed: 300, imported: 1_000, changes: 20_000 }
        : { killed: 300, imported: 10_000, changes: 100_000 },
    ),
  rollouts: () =>
    benchRollouts(
      values.quick
        ? { rollouts: 20, instances: 10, kills: 30, regressions: 10 }
        : { rollouts: 200, instances: 50, kills: 200, regressions: 200 },
    ),
}

const [subject = 'evaluate', ...rest] = positionals
if (subject === 'compare') compare(rest)
else if (subject === 'commits') compareInTurn(rest)
else await measure(subject)
// Some peers leave timers behind.
process.exit()

async function measure(name: string): Promise<void> {
  const bench = Object.hasOwn(SUBJECTS, name) ? SUBJECTS[name] : undefined
  if (bench === undefined) stop(`Unknown benchmark "${name}".`)
  const { markdown, figures, broken } = await bench()
  if (values.write) writeSection(name, markdown)
  if (values.json !== undefined) writeRun(values.json, { subject: name, figures, broken })
  for (const promise of broken) console.error(`Broken promise: ${promise}`)
  if (broken.length > 0) process.exitCode = 1
}

function compare([before, after, ...more]: readonly string[]): void {
  if (before === undefined || after === undefined || more.length > 0)
    stop('compare needs two files that --json has written.')
  console.log(comparisonTable(readRun(before), readRun(after)))
}

function compareInTurn([before, after, name, ...more]: readonly string[]): void {
  if (before === undefined || after === undefined || name === undefined || more.length > 0)
    stop('commits needs two commits and a benchmark.')
  if (!Object.hasOwn(SUBJECTS, name)) stop(`Unknown benchmark "${name}".`)
  const rounds = wholeNumber(values.rounds)
  console.log(compareCommits({ commits: [before, after], subject: name, rounds }))
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number <= 0) stop(`"${text}" is not a number such as 5.`)
  return number
}

function stop(problem: string): never {
  console.error(`${problem} Usage:
  npm run bench -- ${Object.keys(SUBJECTS).join('|')} [--quick] [--flags 1,100] [--write] [--json FILE]
  npm run bench -- compare BEFORE.json AFTER.json
  npm run bench -- commits BEFORE AFTER BENCHMARK [--rounds 5]`)
  process.exit(1)
}
