import { machine } from '../evaluate/table.ts'
import { type Figure, markdownTable } from '../figures.ts'
import { type Broken, simulateInstances } from './instances.ts'
import { RULES } from './rules.ts'
import { harmfulScenarios, healthyScenarios, type Scenario } from './scenarios.ts'
import { type Ending, leastExposures, simulate } from './simulate.ts'
import { measureSpeed, type Speed } from './speed.ts'

/** Part of healthy rollouts that may be rolled back. */
const MAX_FALSE = 0.01
/** Mean exposures until a rollback, as a multiple of the least possible. */
const MAX_RATIO = 1.35
const MAX_VERDICT_MS = 1

interface HealthOptions {
  /** Simulated rollouts of each scenario. */
  readonly rollouts: number
  /** Looks at each healthy rollout. */
  readonly looks: number
}

/** One line of a table. */
interface Row {
  readonly title: string
  readonly cells: readonly string[]
}

/** Simulates rollouts with and without harm, beside other rules, and measures verdicts. */
export async function benchHealth(options: HealthOptions) {
  const broken: string[] = []
  const sections: string[] = []
  const figures: Figure[] = []
  const tell = (title: string, text: string) => {
    sections.push(`### ${title}\n\n${text}`)
    console.log(`\n${sections.at(-1)}`)
  }
  const head = `${machine()}; ${options.rollouts.toLocaleString('en')} seeded rollouts per scenario, error budget 1 %.`
  console.log(`\n${head}`)

  tell(
    `Rolled back without harm, within ${options.looks.toLocaleString('en')} looks`,
    table(['', ...RULES.map(({ name }) => name)], healthyRows(options, { broken, figures })),
  )
  tell('Exposures until a rollback', harmfulTable(options, { broken, figures }))
  tell('Twelve unequal instances, 10 % treated', instancesTable(options, { broken, figures }))
  tell('Time of a verdict', speedTable(measureSpeed(400), { broken, figures }))
  return { markdown: [head, ...sections].join('\n\n'), figures, broken }
}

/** Places that a part of the benchmark reports to. */
interface Findings {
  readonly broken: string[]
  readonly figures: Figure[]
}

function healthyRows(options: HealthOptions, { broken, figures }: Findings): Row[] {
  return healthyScenarios(options.looks).map((scenario) => {
    const parts = RULES.map((rule) => {
      const endings = simulate(scenario, rule, options.rollouts)
      return endings.filter(({ isRolledBack }) => isRolledBack).length / options.rollouts
    })
    if (parts[0]! > MAX_FALSE)
      broken.push(`"${scenario.title}": ${percent(parts[0]!)} of healthy rollouts rolled back`)
    figures.push({
      name: `rolled back without harm: ${scenario.title}`,
      unit: 'part of rollouts',
      better: 'less',
      values: Object.fromEntries(RULES.map(({ name }, i) => [name, parts[i]!])),
    })
    return { title: scenario.title, cells: parts.map(percent) }
  })
}

function harmfulTable({ rollouts }: HealthOptions, findings: Findings): string {
  const heads = [
    'failure rate, treated',
    'least possible',
    ...RULES.map(({ name }) => `${name}: mean (median)`),
  ]
  const rows = harmfulScenarios().map((scenario) => harmfulRow(scenario, rollouts, findings))
  return `${table(heads, rows)}\n\nRatios are to the least possible. The other rules are fast where they roll back healthy rollouts as well, which the table above shows.`
}

function harmfulRow(scenario: Scenario, rollouts: number, { broken, figures }: Findings): Row {
  const least = leastExposures(scenario)
  const measured = RULES.map((rule) => summaryOf(simulate(scenario, rule, rollouts)))
  const ratio = measured[0]!.mean / least
  const isConstant = scenario.onset === 0 && scenario.stages.length === 1
  // The mean of a simulation is only known to two standard errors.
  const isSlow = ratio - (2 * measured[0]!.error) / least > MAX_RATIO
  if (isConstant && !scenario.title.includes('drifting') && isSlow)
    broken.push(`"${scenario.title}": ${ratio.toFixed(2)} × the least possible exposures`)
  figures.push({
    name: `until a rollback: ${scenario.title}`,
    unit: 'exposures on average',
    better: 'less',
    floor: 'least possible',
    values: {
      'least possible': least,
      ...Object.fromEntries(RULES.map(({ name }, i) => [name, measured[i]!.mean])),
    },
  })
  const cells = measured.map(({ mean, middle, early }) => {
    if (early === 1) return 'all before the onset'
    const text = `${count(mean)} = ${(mean / least).toFixed(2)}× (${(middle / least).toFixed(2)}×)`
    return early === 0 ? text : `${text}, ${percent(early)} before the onset`
  })
  return { title: scenario.title, cells: [count(least), ...cells] }
}

/**
 * Mean exposures after the onset with their standard error, their median, and the part that was
 * rolled back before it.
 */
function summaryOf(endings: readonly Ending[]) {
  const after = endings.map(({ exposures }) => exposures).filter((exposures) => exposures > 0)
  after.sort((a, b) => a - b)
  const size = Math.max(1, after.length)
  const mean = after.reduce((sum, exposures) => sum + exposures, 0) / size
  const squares = after.reduce((sum, exposures) => sum + (exposures - mean) ** 2, 0)
  return {
    mean,
    error: Math.sqrt(squares) / size,
    middle: after[after.length >> 1] ?? 0,
    early: 1 - after.length / endings.length,
  }
}

function instancesTable({ rollouts, looks }: HealthOptions, { broken, figures }: Findings): string {
  const titles: Readonly<Record<Broken, string>> = {
    none: 'none is broken',
    one: 'one fails 5 times as often',
    all: 'all fail 5 times as often',
  }
  const rows = (Object.keys(titles) as Broken[]).map((kind) => {
    const effort = { rollouts: Math.ceil(rollouts / 5), looks: Math.min(looks, 500) }
    const result = simulateInstances(kind, effort)
    figures.push({
      name: `a healthy instance rolled back: ${titles[kind]}`,
      unit: 'part of rollouts',
      better: 'less',
      values: { Flaghoist: result.falseRollbacks },
    })
    if (result.falseRollbacks > MAX_FALSE)
      broken.push(`${titles[kind]}: ${percent(result.falseRollbacks)} roll back a healthy instance`)
    const { falseRollbacks, detected, systemic, exposures } = result
    const until = kind === 'none' ? '' : count(exposures)
    return {
      title: titles[kind],
      cells: [percent(falseRollbacks), percent(detected), percent(systemic), until],
    }
  })
  return table(
    [
      '',
      'a healthy instance rolled back',
      'harm found',
      'all rolled back together',
      'exposures of the broken instance (median)',
    ],
    rows,
  )
}

function speedTable({ verdictMs, minuteMs, recountMs }: Speed, findings: Findings): string {
  if (verdictMs > MAX_VERDICT_MS) findings.broken.push(`a verdict takes ${verdictMs.toFixed(2)} ms`)
  findings.figures.push({
    name: 'verdict on a day of minutes',
    unit: 'ms',
    better: 'less',
    values: { Flaghoist: verdictMs },
  })
  return table(
    ['one scope, three metrics, 1,440 minutes with 100 users each', 'ms'],
    [
      { title: 'verdict, finished minutes folded', cells: [verdictMs.toFixed(3)] },
      { title: 'one more minute', cells: [minuteMs.toFixed(3)] },
      ...[...recountMs].map(([key, ms]) => ({
        title: `recount of the day: ${key}`,
        cells: [ms.toFixed(2)],
      })),
    ],
  )
}

function table(heads: readonly string[], rows: readonly Row[]): string {
  return markdownTable(
    heads,
    rows.map(({ title, cells }) => [title, ...cells]),
  )
}

function percent(part: number): string {
  return `${(100 * part).toFixed(part < 0.1 ? 2 : 0)} %`
}

function count(exposures: number): string {
  return Math.round(exposures).toLocaleString('en')
}
