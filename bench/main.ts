import { parseArgs } from 'node:util'
import { compareCommits } from './commits.ts'
import { comparisonTable } from './compare.ts'
import { findSection, writeSection } from './document.ts'
import { type Report, readRun, writeRun } from './figures.ts'

// A subject is imported when it runs: at an older commit, imports of others may not resolve.
const SUBJECTS: Readonly<Record<string, () => Promise<Report>>> = {
  async evaluate() {
    const flagCounts = values.flags.split(',').map(wholeNumber)
    const effort = values.quick ? { rounds: 31, starts: 2 } : { rounds: 121, starts: 8 }
    const { benchEvaluate } = await import('./evaluate/index.ts')
    return benchEvaluate({ flagCounts, ...effort })
  },
  async faults() {
    const { benchFaults } = await import('./faults/index.ts')
    return benchFaults({
      sdks: 20,
      seed: 1,
      lengthMs: values.quick ? 2_000 : 30_000,
      storm: values.quick ? 1_000 : 10_000,
      tolerance: 1.5,
    })
  },
  async ingest() {
    const { benchIngest } = await import('./ingest/index.ts')
    return benchIngest({ rounds: values.quick ? 3 : 9 })
  },
  async http() {
    const { benchHttp } = await import('./http/index.ts')
    return benchHttp({ rounds: values.quick ? 5 : 25 })
  },
  async health() {
    const { benchHealth } = await import('./health/index.ts')
    return benchHealth(
      values.quick ? { rollouts: 500, looks: 500 } : { rollouts: 5_000, looks: 1_000 },
    )
  },
  async k6() {
    const { benchK6 } = await import('./k6/index.ts')
    return benchK6(
      values.quick
        ? { rounds: 1, seconds: 4, streams: 200 }
        : { rounds: 3, seconds: 5, streams: 1_000 },
    )
  },
  async dashboard() {
    const { benchDashboard } = await import('./dashboard/index.ts')
    return benchDashboard(
      values.quick
        ? {
            browser: { flags: 500, instances: 50, rounds: 3 },
            crowd: { flags: 1_000, instances: 100, dashboards: 50, kills: 30 },
          }
        : {
            browser: { flags: 500, instances: 50, rounds: 9 },
            crowd: { flags: 5_000, instances: 500, dashboards: 50, kills: 100 },
          },
    )
  },
  async redis() {
    const { benchRedis } = await import('./redis/index.ts')
    return benchRedis({ units: values.quick ? 100_000 : 1_000_000 })
  },
  async servers() {
    const { benchServers } = await import('./servers/index.ts')
    return benchServers(
      values.quick
        ? { sdks: 30, changes: 120, kills: 4, seed: 1 }
        : { sdks: 300, changes: 2_000, kills: 20, seed: 1 },
    )
  },
  async streams() {
    const { benchStreams } = await import('./streams/index.ts')
    return benchStreams(
      values.quick
        ? { streams: 2_000, kills: 5, storms: 1 }
        : { streams: 10_000, kills: 25, storms: 4 },
    )
  },
  async relay() {
    const { benchRelay } = await import('./relay/index.ts')
    return benchRelay(
      values.quick ? { streams: 500, batches: 500 } : { streams: 5_000, batches: 5_000 },
    )
  },
  async scale() {
    const { benchScale } = await import('./scale/index.ts')
    return benchScale({ minutes: values.quick ? 4 : 60 })
  },
  async turns() {
    const { benchTurns } = await import('./turns/index.ts')
    return benchTurns(
      values.quick
        ? { flags: 1_000, instances: 20, members: 20_000, runs: 1 }
        : { flags: 5_000, instances: 50, members: 100_000, runs: 3 },
    )
  },
  async writes() {
    const { benchWrites } = await import('./writes/index.ts')
    return benchWrites(
      values.quick
        ? { killed: 300, imported: 1_000, changes: 20_000 }
        : { killed: 300, imported: 10_000, changes: 100_000 },
    )
  },
  async rollouts() {
    const { benchRollouts } = await import('./rollouts/index.ts')
    return benchRollouts(
      values.quick
        ? { rollouts: 20, instances: 10, kills: 30, regressions: 10 }
        : { rollouts: 200, instances: 50, kills: 200, regressions: 200 },
    )
  },
}

const { values, positionals } = readArguments()
const [subject = 'evaluate', ...rest] = positionals
if (values.help) console.log(usage())
else if (subject === 'compare') compare(rest)
else if (subject === 'commits') compareInTurn(rest)
else await measure(subject)
// Some peers leave timers behind.
process.exit()

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        quick: { type: 'boolean', default: false },
        flags: { type: 'string', default: '1,100,1000' },
        write: { type: 'boolean', default: false },
        json: { type: 'string' },
        rounds: { type: 'string', default: '5' },
      },
    })
  } catch (error) {
    return stop((error as Error).message)
  }
}

async function measure(name: string): Promise<void> {
  const bench = Object.hasOwn(SUBJECTS, name) ? SUBJECTS[name] : undefined
  if (bench === undefined) stop(`Unknown benchmark "${name}".`)
  // A missing section must fail before the minutes of measuring.
  if (values.write) findSection(name)
  const { markdown, figures, broken } = await bench()
  if (values.json !== undefined) writeRun(values.json, { subject: name, figures, broken })
  if (values.write) writeSection(name, markdown)
  for (const promise of broken) console.error(`Broken promise: ${promise}`)
  if (broken.length > 0) process.exitCode = 1
}

function compare([before, after, ...more]: readonly string[]): void {
  if (before === undefined || after === undefined || more.length > 0)
    stop('compare needs two files written by --json.')
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
  console.error(`${problem}\n${usage()}`)
  process.exit(1)
}

function usage(): string {
  return `Usage:
  npm run bench -- ${Object.keys(SUBJECTS).join('|')} [--quick] [--flags 1,100] [--write] [--json FILE]
  npm run bench -- compare BEFORE.json AFTER.json
  npm run bench -- commits BEFORE AFTER BENCHMARK [--rounds 5]`
}
