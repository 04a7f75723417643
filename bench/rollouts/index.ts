import { machine } from '../evaluate/table.ts'
import type { Figure } from '../figures.ts'
import { quantile } from '../quantile.ts'
import { type FlaghoistServer, startFlaghoistServer } from '../server.ts'
import { createFleet, type FleetSize, flagName, startRollouts } from './fleet.ts'
import { createVictim, killInTurn, type Victim } from './kills.ts'
import { cpuShare } from './load.ts'
import { openShop, type Reaction, regress, type Shop, send, servedIn } from './reaction.ts'
import { HEALTHY, makeReport } from './reports.ts'

/** 99 of 100 instances with a regression are on the old path after this time, ms. */
const MAX_REACTION_MS = 3_000
/** CPU time of the engine, as a part of one core, while no counts arrive. */
const MAX_IDLE = 0.2
/** Time by which the engine may delay 99 of 100 kills, ms. */
const MAX_KILL_DELAY_MS = 5

const SHOPS = 4
const REPORTS_PER_SECOND = 200
const CPU_SECONDS = 20

interface RolloutsOptions extends FleetSize {
  readonly kills: number
  readonly regressions: number
}

/** Measures the rollout engine: its cost, its reaction to regressions, and the delay of kills. */
export async function benchRollouts(options: RolloutsOptions) {
  const servers = await Promise.all([startFleet(options), startFleet(options)])
  try {
    const measured = await measure(servers, options)
    const markdown = render(measured, options)
    console.log(`\n${markdown}`)
    return { markdown, figures: figuresOf(measured), broken: brokenPromises(measured) }
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()))
  }
}

interface Fleet {
  readonly server: FlaghoistServer
  readonly victim: Victim
}

/** Starts a server with the flags and instances of the benchmark, and no rollouts. */
async function startFleet(size: FleetSize): Promise<Fleet> {
  const server = await startFlaghoistServer({ FLAGHOIST_SERVER_EVENTS: '1000000000' })
  await createFleet(server, size)
  // Its SDK makes every scope of the environment connected.
  return { server, victim: await createVictim(server) }
}

type Measured = Awaited<ReturnType<typeof measure>>

/** The first server runs no rollouts; the second one runs all. */
async function measure([calm, busy]: readonly [Fleet, Fleet], options: RolloutsOptions) {
  const { server } = busy
  const began = performance.now()
  await startRollouts(server, options)
  const startSeconds = (performance.now() - began) / 1_000
  const [cpuWithout, cpuIdle] = await Promise.all(
    [calm, busy].map((fleet) => cpuShare(fleet.server.pid, CPU_SECONDS)),
  )
  const [killsWithout, killsWith] = await killInTurn([calm.victim, busy.victim], options.kills)

  const shops = await Promise.all(
    Array.from({ length: SHOPS }, (_, index) => openShop(server, index)),
  )
  const ending = new AbortController()
  const reporting = report(server, shops, options, ending.signal)
  const cpuBusy = await cpuShare(server.pid, CPU_SECONDS)
  const reactions: Reaction[] = []
  for (let i = 0; i < Math.min(options.regressions, options.rollouts); i += 1)
    reactions.push(await regress(server, shops[i % SHOPS]!, i, options))
  ending.abort()
  await reporting
  const sdks = shops.flatMap((shop) => shop.sdks)
  await Promise.all([calm.victim, busy.victim, ...sdks].map((open) => open.close()))
  return {
    cpuWithout: cpuWithout!,
    cpuIdle: cpuIdle!,
    cpuBusy,
    killsWithout,
    killsWith,
    startSeconds,
    reactions,
  }
}

/** Sends reports of healthy users at an even pace, as SDKs do as long as there are users. */
async function report(
  server: FlaghoistServer,
  shops: readonly Shop[],
  { rollouts }: FleetSize,
  signal: AbortSignal,
): Promise<void> {
  const sending: Promise<void>[] = []
  const began = performance.now()
  for (let i = 0; !signal.aborted; i += 1) {
    const due = began + (i * 1_000) / REPORTS_PER_SECOND
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1))
    const shop = shops[i % SHOPS]!
    const served = servedIn(shop, flagName(Math.floor(i / SHOPS) % rollouts))
    sending.push(send(server, shop.key, makeReport(served, HEALTHY)))
    if (sending.length > REPORTS_PER_SECOND) await sending.shift()
  }
  await Promise.all(sending)
}

function brokenPromises(measured: Measured): string[] {
  const { cpuWithout, cpuIdle, killsWithout, killsWith, reactions } = measured
  const broken: string[] = []
  const p99 = quantile(times(reactions), 0.99)
  if (p99 > MAX_REACTION_MS) broken.push(`a regression takes ${Math.round(p99)} ms (p99)`)
  const others = reactions.filter((reaction) => reaction.others > 0).length
  if (others > 0) broken.push(`${others} regressions stopped other instances`)
  const idle = cpuIdle - cpuWithout
  if (idle > MAX_IDLE) broken.push(`the idle engine takes ${percent(idle)} of a core`)
  const delay = quantile(killsWith, 0.99) - quantile(killsWithout, 0.99)
  if (delay > MAX_KILL_DELAY_MS) broken.push(`the engine delays kills by ${ms(delay)} (p99)`)
  return broken
}

function figuresOf(measured: Measured): readonly Figure[] {
  const { cpuWithout, cpuIdle, cpuBusy, killsWithout, killsWith, reactions } = measured
  const figure = (name: string, unit: string, values: Figure['values']): Figure => {
    return { name, unit, better: 'less', values }
  }
  return [
    ...[0.5, 0.99].flatMap((part) => [
      figure(`report of a regression → SDKs on the old path, p${part * 100}`, 'ms', {
        Flaghoist: quantile(times(reactions), part),
      }),
      figure(`kill → SDK on the old path, p${part * 100}`, 'ms', {
        'no rollouts': quantile(killsWithout, part),
        'all rollouts': quantile(killsWith, part),
      }),
    ]),
    figure('CPU time', 'cores', {
      'no rollouts': cpuWithout,
      'all rollouts, no reports': cpuIdle,
      'all rollouts, reports': cpuBusy,
    }),
  ]
}

function render(measured: Measured, options: RolloutsOptions): string {
  const { cpuWithout, cpuIdle, cpuBusy, killsWithout, killsWith, reactions } = measured
  const of = (values: readonly number[]) => [0.5, 0.99, 1].map((part) => ms(quantile(values, part)))
  const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `${machine()}; ${options.rollouts} rollouts × ${options.instances} instances at 10 %, SQLite on disk.`,
    [
      row('', 'median', 'p99', 'longest'),
      row('---', '---', '---', '---'),
      row('report of a regression → SDKs on the old path', ...of(times(reactions))),
      row('kill → SDK on the old path, no rollouts', ...of(killsWithout)),
      row('kill → SDK on the old path, all rollouts', ...of(killsWith)),
    ].join('\n'),
    [
      row('CPU time of the server', 'of one core'),
      row('---', '---'),
      row('no rollouts', percent(cpuWithout)),
      row('all rollouts, no reports', percent(cpuIdle)),
      row(`all rollouts, ${REPORTS_PER_SECOND} reports per second`, percent(cpuBusy)),
    ].join('\n'),
  ].join('\n\n')
}

function times(reactions: readonly Reaction[]): number[] {
  return reactions.map((reaction) => reaction.ms)
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}
