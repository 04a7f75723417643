import { type Random, randomOf } from '../../test-support/random.ts'
import type { Batch, RuleUnderTest } from './rules.ts'
import { type Scenario, stageAt } from './scenarios.ts'

/** The end of one simulated rollout. */
export interface Ending {
  readonly isRolledBack: boolean
  /** Exposures of both arms from the onset of the harm to the rollback. */
  readonly exposures: number
}

/** Simulates rollouts; every rule sees the same ones. */
export function simulate(scenario: Scenario, rule: RuleUnderTest, rollouts: number): Ending[] {
  return Array.from({ length: rollouts }, (_, seed) => simulateOne(scenario, rule, seed))
}

function simulateOne(scenario: Scenario, { start }: RuleUnderTest, seed: number): Ending {
  const random = randomOf(seed * 7_919 + 1)
  const decide = start(scenario)
  const late: Pick<Batch, 'exposed' | 'arrived'>[] = []
  for (let look = 0; look < scenario.looks; look += 1) {
    const batch = batchOf(scenario, look, random)
    late.push(batch)
    const old = scenario.controlLag === undefined ? batch : late[look - scenario.controlLag]
    const isRolledBack = decide({
      ...batch,
      exposed: { ...batch.exposed, control: old?.exposed.control ?? 0 },
      arrived: { ...batch.arrived, control: old?.arrived.control ?? 0 },
    })
    if (isRolledBack)
      return { isRolledBack, exposures: (look + 1 - scenario.onset) * scenario.batch }
  }
  return { isRolledBack: false, exposures: (scenario.looks - scenario.onset) * scenario.batch }
}

function batchOf(scenario: Scenario, look: number, random: Random): Batch {
  const { share, stage } = stageAt(scenario, look)
  const treatment = random.binomial(scenario.batch, share)
  const exposed = { treatment, control: scenario.batch - treatment }
  const rate = scenario.baseline(look)
  const factor = look >= scenario.onset ? scenario.factor : 1
  const arrived = {
    treatment: random.binomial(exposed.treatment, Math.min(1, rate * factor)),
    control: random.binomial(exposed.control, rate),
  }
  return { look, stage, share, exposed, arrived }
}

/**
 * Returns the least expected number of exposures that any valid test needs at the level 1 %:
 * log(1/α) divided by the Kullback–Leibler divergence per exposure (A. Wald, 1945).
 */
export function leastExposures(scenario: Scenario): number {
  const { share } = stageAt(scenario, scenario.onset)
  const rate = scenario.baseline(scenario.onset)
  const events = rate * (share * scenario.factor + 1 - share)
  const treated = (share * scenario.factor) / (share * scenario.factor + 1 - share)
  const divergence =
    treated * Math.log(treated / share) + (1 - treated) * Math.log((1 - treated) / (1 - share))
  return Math.log(100) / (events * divergence)
}
