import { fileURLToPath } from 'node:url'
import { cpuSeconds } from '../cpu-time.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import {
  type FlaghoistServer,
  type Program,
  startFlaghoistServer,
  startProgram,
} from '../server.ts'
import { type Requests, sendRequests } from './sender.ts'

const FLAGS = 100
const CONNECTIONS = 64
const ROUND_MS = 400

/** Our requests, those of the floor, and the part of the floor that is promised. */
interface Subject {
  readonly name: string
  readonly ours: Requests
  readonly floor: Requests
  readonly least: number
}

/** Measures the requests that SDKs and load balancers send most, beside floors. */
export async function benchHttp({ rounds }: { readonly rounds: number }) {
  // The limit counts every request; it is high enough that it refuses none.
  const server = await startFlaghoistServer({ FLAGHOIST_RATE_LIMIT: '100000000' })
  const programs: Program[] = [server]
  try {
    const { key, headers, size } = await prepare(server)
    programs.push(
      await startFloor('raw-floor.ts', {
        RULESET_BYTES: `${size}`,
        RULESET_HEADERS: JSON.stringify(headers),
      }),
      await startFloor('fastify-floor.ts'),
    )
    const subjects = subjectsOf(programs, { key, etag: headers.etag! })
    return report(subjects, await measure(subjects, rounds), rounds)
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
  }
}

/** Creates flags that cover the ways of evaluation, and returns a key with its ruleset. */
async function prepare(server: FlaghoistServer) {
  for (let i = 0; i < FLAGS; i += 1) {
    await server.ask('POST', 'flags', { key: `flag-${i}` })
    await server.ask('PUT', `flags/flag-${i}/layers/production`, {
      on: true,
      ...(i % 2 === 1 && { rollout: { percent: 25 } }),
    })
  }
  const key = await server.makeKey('production')
  const response = await fetch(`${server.url}/sdk/v1/ruleset`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { byteLength } = await response.arrayBuffer()
  const names = ['etag', 'cache-control', 'vary']
  const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)!]))
  return { key, headers, size: byteLength }
}

function startFloor(file: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  return startProgram([fileURLToPath(new URL(file, import.meta.url))], env)
}

function subjectsOf(
  [us, raw, evaluation]: readonly Program[],
  { key, etag }: { readonly key: string; readonly etag: string },
): readonly Subject[] {
  const headers = { authorization: `Bearer ${key}` }
  const holding = { ...headers, 'if-none-match': etag }
  const asking = {
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'user-1', plan: 'pro' } }),
    status: 200,
  }
  const ruleset = 'GET /sdk/v1/ruleset'
  const evaluate = 'POST /ofrep/v1/evaluate/flags'
  return [
    {
      name: 'livez',
      ours: { program: us!, line: 'GET /livez', status: 200 },
      floor: { program: raw!, line: 'GET /hello', status: 200 },
      least: 0.8,
    },
    {
      name: 'ruleset',
      ours: { program: us!, line: ruleset, headers, status: 200 },
      floor: { program: raw!, line: 'GET /ruleset', headers, status: 200 },
      least: 0.8,
    },
    {
      name: 'ruleset, unchanged',
      ours: {
        program: us!,
        line: ruleset,
        headers: { ...headers, 'if-none-match': etag },
        status: 304,
      },
      floor: { program: raw!, line: 'GET /unchanged', headers: holding, status: 304 },
      least: 0.8,
    },
    {
      name: 'OFREP, one flag',
      ours: { program: us!, line: `${evaluate}/flag-1`, ...asking },
      floor: { program: evaluation!, line: 'POST /one', ...asking },
      least: 0.9,
    },
    {
      name: `OFREP, ${FLAGS} flags`,
      ours: { program: us!, line: evaluate, ...asking },
      floor: { program: evaluation!, line: 'POST /all', ...asking },
      least: 0.9,
    },
  ]
}

/** Answered requests, and the CPU time that they took. */
interface Cost {
  answered: number
  seconds: number
}

/**
 * The CPU time of a server, unlike its wall time, hardly depends on other programs. It is known to
 * the hundredth of a second, so the rounds are summed.
 */
async function measure(subjects: readonly Subject[], rounds: number) {
  const costs = subjects.map(() => ({
    ours: { answered: 0, seconds: 0 },
    floor: { answered: 0, seconds: 0 },
  }))
  for (let round = -1; round < rounds; round += 1)
    for (const [i, subject] of subjects.entries())
      for (const side of ['ours', 'floor'] as const) {
        const cost = await costOf(subject[side])
        if (round < 0) continue // The first round warms up.
        costs[i]![side].answered += cost.answered
        costs[i]![side].seconds += cost.seconds
      }
  return costs
}

async function costOf(requests: Requests): Promise<Cost> {
  const { pid } = requests.program
  const before = cpuSeconds(pid)
  const answered = await sendRequests(requests, CONNECTIONS, ROUND_MS)
  return { answered, seconds: cpuSeconds(pid) - before }
}

type Costs = Awaited<ReturnType<typeof measure>>

function report(subjects: readonly Subject[], costs: Costs, rounds: number) {
  const figures = subjects.map(({ name }, i): Figure => {
    const { ours, floor } = costs[i]!
    const values = { Flaghoist: rateOf(ours), floor: rateOf(floor) }
    return { name, unit: 'requests per second of CPU time', better: 'more', floor: 'floor', values }
  })
  const broken = subjects.flatMap(({ name, least }, i) => {
    const ratio = rateOf(costs[i]!.ours) / rateOf(costs[i]!.floor)
    return ratio < least ? [`${name}: ${ratio.toFixed(2)}× of the floor, not ${least}×`] : []
  })
  const head = `${machine()}; ${rounds} interleaved rounds over ${CONNECTIONS} connections.`
  const markdown = [head, figuresTable(figures)].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures, broken }
}

function rateOf({ answered, seconds }: Cost): number {
  return answered / seconds
}
