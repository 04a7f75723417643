import { setTimeout as sleep } from 'node:timers/promises'
import { isHindrance, KILL_WITHIN_MS, RIGHT_WITHIN_MS, type Scenario } from './scenarios.ts'
import { createWorld, type Verdict, type World, type WorldOptions } from './world.ts'

export interface MeasureOptions extends WorldOptions {
  /** Duration of faults that last, ms. */
  readonly lengthMs: number
  /** Factor of all limits of time, for a machine that does other work. */
  readonly tolerance: number
}

/** A row of the table. */
export interface Row extends Verdict {
  readonly name: string
  /** Time until every SDK was right again, from the end of the fault, ms. */
  readonly rightMs: number
  /** Time of a kill during the fault, ms; undefined without a path. */
  readonly killDuringMs: number | undefined
  /** Time of a kill after the fault, ms. */
  readonly killMs: number
  /** The broken goals. */
  readonly broken: readonly string[]
}

/**
 * Time in which SDKs and the writer work before a fault, ms. A stream that ends within its first
 * second looks as if a proxy held it back.
 */
const WORK_MS = 1_500

/**
 * Runs scenarios one after the other, and compares the measurements with the goals. SDKs go on to
 * the next one if they have kept their streams. After an outage there are new ones, because an SDK
 * that has lost three streams within 30 s polls for a while.
 */
export async function measureFaults(
  scenarios: readonly Scenario[],
  options: MeasureOptions,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  let world: World | undefined
  try {
    for (const scenario of scenarios) {
      world ??= await createWorld(options)
      rows.push(await measure(world, scenario, options))
      if (isHindrance(scenario)) continue
      await world.close()
      world = undefined
    }
  } finally {
    await world?.close()
  }
  return rows
}

async function measure(world: World, scenario: Scenario, options: MeasureOptions): Promise<Row> {
  await sleep(Math.min(WORK_MS, options.lengthMs))
  const killDuringMs = await bringAbout(scenario, world, options)
  const rightMs = await world.rightAgainMs()
  const killMs = await world.killMs()
  const verdict = await world.verdict()
  const row = { name: scenario.name, rightMs, killDuringMs, killMs, ...verdict }
  return { ...row, broken: brokenGoals(row, scenario, options) }
}

/** Brings a fault about, and returns the time of a kill during it; undefined without a path. */
async function bringAbout(
  scenario: Scenario,
  world: World,
  { lengthMs }: MeasureOptions,
): Promise<number | undefined> {
  if (!isHindrance(scenario)) {
    await scenario.run(world, lengthMs)
    return undefined
  }
  const end = scenario.begin(world)
  const killMs = await world.killMs()
  await sleep(lengthMs)
  await end()
  return killMs
}

function brokenGoals(
  row: Omit<Row, 'broken'>,
  scenario: Scenario,
  { tolerance }: MeasureOptions,
): string[] {
  const pathMs = isHindrance(scenario) ? scenario.pathMs : 0
  return brokenLimits(row, {
    rightMs: RIGHT_WITHIN_MS * tolerance,
    killDuringMs: (pathMs + KILL_WITHIN_MS) * tolerance,
    killMs: KILL_WITHIN_MS * tolerance,
  })
}

/** Compares a row with limits of time, and with the promises that hold whatever happens. */
export function brokenLimits(
  row: Omit<Row, 'broken'>,
  {
    rightMs,
    killDuringMs,
    killMs,
  }: Readonly<Record<'rightMs' | 'killDuringMs' | 'killMs', number>>,
): string[] {
  const limits = [
    ['acknowledged writes lost', row.lost, 0],
    ['wrong evaluations', row.wrong, 0],
    ['exceptions in the host', row.exceptions, 0],
    ['versions going back', row.backwards, 0],
    ['ms until all SDKs are right', row.rightMs, rightMs],
    ['ms of a kill during the fault', row.killDuringMs ?? 0, killDuringMs],
    ['ms of a kill after the fault', row.killMs, killMs],
  ] as const
  const broken = limits
    .filter(([, measured, limit]) => measured > limit)
    .map(([what, measured, limit]) => `${row.name}: ${Math.round(measured)} ${what}, goal ${limit}`)
  if (row.acknowledged === 0 || row.evaluations === 0)
    broken.push(`${row.name}: nothing was measured`)
  return broken
}
