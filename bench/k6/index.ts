import { median } from '../evaluate/measure.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import { findK6 } from './binary.ts'
import type { Kind, StreamingTarget, Target } from './requests.ts'
import { type Load, runK6 } from './run-k6.ts'
import { openStreams } from './streams.ts'
import { startFlaghoist, startFloor } from './targets.ts'
import { startEdge } from './unleash/edge.ts'
import { startUnleash } from './unleash/index.ts'

interface K6Options {
  readonly rounds: number
  /** Duration of a scenario, s. */
  readonly seconds: number
  /** Streams that receive the kills. */
  readonly streams: number
}

/** A script, and the part of the floor that is promised. */
interface Scenario {
  readonly script: string
  readonly name: string
  /** A kind of request that servers need to take part. */
  readonly needs: Kind
  /** Least requests per second of CPU time, as a part of those of the floor. */
  readonly least: number
  /** Greatest p95 of the response times, as a multiple of that of the floor. */
  readonly slowest: number
}

/** The parts leave room for the load of k6 itself; `npm run bench -- http` promises more. */
const SCENARIOS: readonly Scenario[] = [
  {
    script: 'evaluations-of-one',
    needs: 'evaluateOne',
    name: 'evaluation of one flag',
    least: 0.8,
    slowest: 2,
  },
  {
    script: 'evaluations',
    needs: 'evaluateAll',
    name: 'evaluation of 20 flags',
    least: 0.6,
    slowest: 2,
  },
  {
    script: 'rulesets',
    needs: 'ruleset',
    name: 'rulesets, nine of ten unchanged',
    least: 0.8,
    slowest: 2,
  },
  { script: 'reports', needs: 'report', name: 'reports of 20 exposures', least: 0.2, slowest: 2.5 },
  { script: 'writes', needs: 'write', name: 'writes of the admin API', least: 0.1, slowest: 6 },
  // A server at rest has other work, such as heartbeats, which counts at low rates.
  { script: 'day', needs: 'write', name: 'a mixed day', least: 0.4, slowest: 6 },
  {
    script: 'ramp',
    needs: 'evaluateAll',
    name: 'a ramp to 2,000 evaluations of 20 flags/s',
    least: 0.6,
    slowest: 2.5,
  },
  {
    script: 'spike',
    needs: 'evaluateAll',
    name: 'a spike of 2,000 evaluations of 20 flags/s',
    least: 0.6,
    slowest: 2.5,
  },
]

/** A kill reaches the last stream within this multiple of the time of the floor. */
const MAX_KILL_RATIO = 3

/** Sends the same scenarios by k6 to Flaghoist, a floor, Unleash and Unleash Edge in turn. */
export async function benchK6({ rounds, seconds, streams }: K6Options) {
  const k6 = findK6()
  const targets: Target[] = []
  try {
    const flaghoist = await startFlaghoist()
    targets.push(flaghoist)
    const floor = await startFloor(flaghoist.rulesetBytes)
    targets.push(floor)
    const unleash = await startUnleash()
    if (unleash !== undefined) {
      targets.push(unleash)
      const edge = await startEdge(unleash)
      if (edge !== undefined) targets.push(edge)
    }
    const figures: Figure[] = []
    const broken: string[] = []
    for (const scenario of SCENARIOS) {
      const able = targets.filter(({ requests }) => requests[scenario.needs] !== undefined)
      const loads = await measure(able, rounds, (target) =>
        runK6(k6, scenario.script, seconds, target),
      )
      figures.push(...figuresOf(scenario, loads))
      broken.push(...defectsOf(scenario, loads))
    }
    const delays = await measure([flaghoist, floor], rounds, (target) =>
      kill(k6, target, seconds, streams),
    )
    figures.push(...figuresOfKills(delays, streams))
    broken.push(...defectsOfKills(delays))
    const head = `${machine()}; ${rounds} interleaved rounds of ${seconds} s by k6; medians.`
    const markdown = [head, figuresTable(figures)].join('\n\n')
    console.log(`\n${markdown}`)
    return { markdown, figures, broken }
  } finally {
    // An Edge stops before its server.
    for (const target of targets.toReversed()) await target.stop()
  }
}

/** The results of all rounds, by the name of the target. */
type Results<T> = ReadonlyMap<string, readonly T[]>

async function measure<T, U extends Target>(
  targets: readonly U[],
  rounds: number,
  run: (target: U) => Promise<T>,
): Promise<Results<T>> {
  const results = new Map(targets.map(({ name }) => [name, [] as T[]]))
  for (let round = 0; round < rounds; round += 1)
    for (const target of targets) results.get(target.name)!.push(await run(target))
  return results
}

/** Kills and restores flags while streams are open. Returns the median delay and p95, ms. */
async function kill(
  k6: string,
  target: StreamingTarget,
  seconds: number,
  count: number,
): Promise<readonly number[]> {
  const before = await target.changes()
  const streams = await openStreams(target.stream, count)
  await runK6(k6, 'kills', seconds, target)
  const made = [...(await target.changes())].filter(([version]) => !before.has(version))
  streams.close()
  return streams.delays(new Map(made), [0.5, 0.95])
}

function figuresOf({ name }: Scenario, loads: Results<Load>): readonly Figure[] {
  const valuesOf = (read: (load: Load) => number) =>
    Object.fromEntries([...loads].map(([target, all]) => [target, median(all.map(read))]))
  return [
    {
      name,
      unit: 'requests per second of CPU time',
      better: 'more',
      floor: 'floor',
      values: valuesOf(rateOf),
    },
    { name, unit: 'p95, ms', better: 'less', floor: 'floor', values: valuesOf(({ p95 }) => p95) },
  ]
}

function figuresOfKills(delays: Results<readonly number[]>, streams: number): readonly Figure[] {
  return ['p50', 'p95'].map((part, i) => ({
    name: `change → last of ${streams.toLocaleString('en')} streams`,
    unit: `${part}, ms`,
    better: 'less',
    floor: 'floor',
    values: Object.fromEntries(
      [...delays].map(([target, all]) => [target, median(all.map((one) => one[i]!))]),
    ),
  }))
}

function defectsOf(scenario: Scenario, loads: Results<Load>): readonly string[] {
  const { name, least, slowest } = scenario
  const rate = ratioToFloor(loads, rateOf)
  const p95 = ratioToFloor(loads, (load) => load.p95)
  return [
    ...[...loads].flatMap(([target, all]) => {
      const failed = all.reduce((sum, load) => sum + load.failed, 0)
      return failed > 0 ? [`${name}: ${failed} requests to ${target} failed`] : []
    }),
    ...(rate < least ? [`${name}: ${rate.toFixed(2)}× of the floor, not ${least}×`] : []),
    ...(p95 > slowest ? [`${name}: p95 ${p95.toFixed(1)}× of the floor, not ${slowest}×`] : []),
  ]
}

function defectsOfKills(delays: Results<readonly number[]>): readonly string[] {
  const ratio = ratioToFloor(delays, ([p50]) => p50!)
  return ratio > MAX_KILL_RATIO ? [`a kill takes ${ratio.toFixed(1)}× the time of the floor`] : []
}

/** Divides the median of all rounds with Flaghoist by that with the floor. */
function ratioToFloor<T>(results: Results<T>, read: (result: T) => number): number {
  const medianOf = (target: string) => median(results.get(target)!.map(read))
  return medianOf('Flaghoist') / medianOf('floor')
}

function rateOf({ requests, cpu }: Load): number {
  return requests / cpu
}
