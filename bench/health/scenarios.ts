/** A stage of a rollout: the share that is treated, from a look on. */
export interface Stage {
  readonly share: number
  readonly looks: number
}

/** One kind of rollout. A look is made after every batch of exposures. */
export interface Scenario {
  readonly title: string
  /** Exposures between two looks, both arms together. */
  readonly batch: number
  /** The last stage lasts until the last look. */
  readonly stages: readonly Stage[]
  readonly looks: number
  /** Failure rate of the control at a look. */
  readonly baseline: (look: number) => number
  /** Factor of the treatment's failure rate from `onset` on. */
  readonly factor: number
  /** First look with harm. */
  readonly onset: number
  /** Looks by which the control reports later than the treatment. */
  readonly controlLag?: number
}

const constant = (rate: number) => () => rate
/** A day of 600 looks in which the rate goes up and down by a factor of three. */
const daily = (rate: number) => (look: number) => rate * 3 ** Math.sin((2 * Math.PI * look) / 600)
/** A backend that gets worse for both arms, up to five times, and recovers. */
const outage = (rate: number) => (look: number) => (look % 400 < 40 ? 5 * rate : rate)

const STEPS: readonly Stage[] = [
  { share: 0.01, looks: 200 },
  { share: 0.1, looks: 200 },
  { share: 0.25, looks: 200 },
  { share: 0.5, looks: 200 },
]
const steady = (share: number): readonly Stage[] => [{ share, looks: 0 }]

/** Rollouts without harm: each rollback is false. */
export function healthyScenarios(looks: number): readonly Scenario[] {
  const healthy = { batch: 100, looks, factor: 1, onset: 0 }
  return [
    { ...healthy, title: '1 % at 10 %', stages: steady(0.1), baseline: constant(0.01) },
    { ...healthy, title: '1 % at 50 %', stages: steady(0.5), baseline: constant(0.01) },
    { ...healthy, title: '0.1 % at 50 %', stages: steady(0.5), baseline: constant(0.001) },
    { ...healthy, title: '20 % at 50 %', stages: steady(0.5), baseline: constant(0.2) },
    { ...healthy, title: '1 %, 1 → 10 → 25 → 50 %', stages: STEPS, baseline: constant(0.01) },
    { ...healthy, title: 'drifting by the hour, in steps', stages: STEPS, baseline: daily(0.01) },
    {
      ...healthy,
      title: 'outages of both arms at 10 %',
      stages: steady(0.1),
      baseline: outage(0.01),
    },
    {
      ...healthy,
      title: 'control reports 5 looks late, at 10 %',
      stages: steady(0.1),
      baseline: constant(0.01),
      controlLag: 5,
    },
  ]
}

/** Rollouts with harm: exposures until the rollback count. */
export function harmfulScenarios(): readonly Scenario[] {
  const change = (from: number, to: number, share: number, batch: number): Scenario => ({
    title: `${100 * from} → ${100 * to} % at ${100 * share} %`,
    batch,
    stages: steady(share),
    looks: 20_000,
    baseline: constant(from),
    factor: to / from,
    onset: 0,
  })
  const late = { ...change(0.01, 0.05, 0.5, 100), onset: 400 }
  return [
    change(0.01, 0.02, 0.1, 50),
    change(0.01, 0.02, 0.5, 20),
    change(0.01, 0.05, 0.1, 4),
    change(0.01, 0.05, 0.5, 2),
    change(0.001, 0.01, 0.1, 10),
    change(0.001, 0.01, 0.5, 5),
    { ...change(0.01, 0.05, 0.1, 5), title: '1 → 5 % at 10 %, drifting', baseline: daily(0.01) },
    { ...late, title: '1 → 5 % from the growth to 25 % on', stages: STEPS },
    { ...late, title: '1 → 5 % at 50 % after 40,000 exposures', stages: steady(0.5) },
  ]
}

/** Returns the designed share at a look, and the number of the stage. */
export function stageAt({ stages }: Scenario, look: number): { share: number; stage: number } {
  let start = 0
  for (const [stage, { share, looks }] of stages.entries()) {
    start += looks
    if (look < start || stage === stages.length - 1) return { share, stage }
  }
  throw new Error('A scenario needs a stage.')
}
