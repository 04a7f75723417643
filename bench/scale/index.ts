import { machine } from '../evaluate/table.ts'
import type { Figure } from '../figures.ts'
import { SALT, SHARE, startCountingServer } from './counting-server.ts'
import { createCrowd, FAILURE_RATE, type User } from './crowd.ts'

const USERS_PER_SECOND = Math.round(10_000_000 / 3_600)
const SAMPLE_UNITS = 1_000_000
/** Probability that a treated user fails after the onset. */
const HARM_RATE = 0.05
/** Seconds after which an SDK reports that a user is still there. */
const ALIVE_AFTER = 15
const START = Date.parse('2026-11-26T08:00:00Z')

interface Scenario {
  readonly name: string
  readonly sampleUnits: number
  /** True if the SDKs report the sample only. */
  readonly isSampling: boolean
  readonly seconds: number
  /** Second in which treated users begin to fail more often. */
  readonly onset: number
}

interface Measured {
  readonly users: number
  readonly treatment: number
  readonly control: number
  readonly bytes: number
  /** CPU time of the ingestion, s. */
  readonly cpu: number
  /** Seconds from the onset to the verdict; undefined without one. */
  readonly foundAfter: number | undefined
}

/** Measures the cost of counting ten million users an hour, by a clock that runs faster. */
export async function benchScale({ minutes }: { readonly minutes: number }) {
  const seconds = minutes * 60
  const onset = seconds / 2
  const counted = { seconds: Math.min(seconds, 360), onset: Math.min(onset, 180) }
  const scenarios: readonly Scenario[] = [
    { name: 'all users counted', sampleUnits: 0, isSampling: false, ...counted },
    {
      name: 'sampled by the server alone',
      sampleUnits: SAMPLE_UNITS,
      isSampling: false,
      seconds,
      onset,
    },
    {
      name: 'sampled by SDKs as well',
      sampleUnits: SAMPLE_UNITS,
      isSampling: true,
      seconds,
      onset,
    },
  ]
  const measured: Measured[] = []
  for (const scenario of scenarios) measured.push(await simulate(scenario))

  const rows = scenarios.map(({ name }, i) => `| ${[name, ...cellsOf(measured[i]!)].join(' | ')} |`)
  const head = [
    '|  | users | stored | treated | CPU per million users | bytes per stored user | 1 → 5 % found after |',
    '|---|--:|--:|--:|--:|--:|--:|',
  ]
  const about = `${machine()}; ten million new users an hour, each with an exposure and \`alive\`, reported once a second, ${SHARE / 1_000} % treated.`
  const markdown = [about, [...head, ...rows].join('\n')].join('\n\n')
  console.log(`\n${markdown}`)
  const broken = scenarios.flatMap((scenario, i) => defectsOf(scenario, measured[i]!))
  return { markdown, figures: figuresOf(scenarios, measured), broken }
}

async function simulate(scenario: Scenario): Promise<Measured> {
  let now = START
  const server = await startCountingServer(scenario.sampleUnits, () => now)
  const crowd = createCrowd(SALT, SHARE)
  const waiting: (readonly User[])[] = []
  let cpu = 0
  let foundAfter: number | undefined
  for (let second = 0; second < scenario.seconds; second += 1) {
    const rate = second < scenario.onset ? FAILURE_RATE : HARM_RATE
    const users = crowd.next(USERS_PER_SECOND, rate)
    const reported = scenario.isSampling ? server.sampled(users) : users
    waiting.push(reported)
    const alive = waiting.length > ALIVE_AFTER ? waiting.shift()! : []
    const before = process.cpuUsage()
    await server.report(reported, scenario.isSampling ? server.sampled(alive) : alive)
    const { user, system } = process.cpuUsage(before)
    cpu += (user + system) / 1e6
    now += 1_000
    if (second >= scenario.onset && foundAfter === undefined && (await server.isRegressed()))
      foundAfter = second + 1 - scenario.onset
  }
  const users = scenario.seconds * USERS_PER_SECOND
  const stored = await server.stored()
  return { users, ...stored, cpu, foundAfter, bytes: await server.stop() }
}

function figuresOf(
  scenarios: readonly Scenario[],
  measured: readonly Measured[],
): readonly Figure[] {
  const figure = (name: string, unit: string, read: (one: Measured) => number): Figure => {
    const values = scenarios.map((scenario, i) => [scenario.name, read(measured[i]!)])
    return { name, unit, better: 'less', values: Object.fromEntries(values) }
  }
  return [
    figure('CPU time', 's per million users', ({ cpu, users }) => (cpu / users) * 1e6),
    figure('disk', 'bytes per stored user', (one) => one.bytes / (one.treatment + one.control)),
  ]
}

function cellsOf({ users, treatment, control, bytes, cpu, foundAfter }: Measured): string[] {
  const stored = treatment + control
  return [
    users.toLocaleString('en'),
    stored.toLocaleString('en'),
    `${((treatment / stored) * 100).toFixed(2)} %`,
    `${((cpu / users) * 1e6).toFixed(1)} s`,
    (bytes / stored).toFixed(0),
    foundAfter === undefined ? 'never' : `${foundAfter} s`,
  ]
}

function defectsOf({ name, sampleUnits, seconds }: Scenario, found: Measured): string[] {
  const { treatment, control, foundAfter } = found
  const stored = treatment + control
  const share = SHARE / 100_000
  const deviation = (treatment - stored * share) / Math.sqrt(stored * share * (1 - share))
  const limit = sampleUnits * Math.max(1, seconds / 3_600)
  return [
    ...(sampleUnits > 0 && stored > limit ? [`${name}: ${stored} users were stored`] : []),
    ...(Math.abs(deviation) > 4 ? [`${name}: the share of the treatment deviates`] : []),
    ...(foundAfter === undefined ? [`${name}: the regression was not found`] : []),
  ]
}
