import { emptyTally, evidenceOfHarm, fold, type Metric, type Tally } from '@flaghoist/health'
import type { Scenario } from './scenarios.ts'

/** Counts of one batch, as they have arrived. */
export interface Batch {
  readonly look: number
  readonly stage: number
  readonly share: number
  readonly exposed: { readonly control: number; readonly treatment: number }
  readonly arrived: { readonly control: number; readonly treatment: number }
}

/** Decides after each batch; returns true for a rollback. */
export type Rule = (batch: Batch) => boolean

/** A rule under test. Each rollout starts a new one. */
export interface RuleUnderTest {
  readonly name: string
  readonly start: (scenario: Scenario) => Rule
}

const ALPHA = 0.01
const MINUTE_MS = 60_000
const METRIC: Metric = { key: 'error', kind: 'failure', role: 'guardrail' }
/** One-sided quantile of the normal distribution at 1 %. */
const Z = 2.326
/** Failed checks after which the threshold rule rolls back: the default of Flagger's examples. */
const FAILED_CHECKS = 5

/** Flaghoist, with the number of stages of the plan known. */
const flaghoist: RuleUnderTest = {
  name: 'Flaghoist',
  start: ({ stages }) => {
    let tally: Tally = emptyTally(METRIC)
    const threshold = -Math.log10(ALPHA)
    return ({ look, stage, share, exposed, arrived }) => {
      const minutes = [{ minute: look * MINUTE_MS, exposed, arrived }]
      tally = fold(tally, [{ revision: stage, share, minutes }])
      return evidenceOfHarm(tally, stages.length - 1) >= threshold
    }
  },
}

/** The test of two proportions on all counts so far, made after every batch. */
const repeatedTest: RuleUnderTest = {
  name: 'z-test after every batch',
  start: () => {
    const units = { control: 0, treatment: 0 }
    const events = { control: 0, treatment: 0 }
    return ({ exposed, arrived }) => {
      for (const arm of ['control', 'treatment'] as const) {
        units[arm] += exposed[arm]
        events[arm] += arrived[arm]
      }
      const pooled = (events.control + events.treatment) / (units.control + units.treatment)
      const error = Math.sqrt(pooled * (1 - pooled) * (1 / units.control + 1 / units.treatment))
      const difference = events.treatment / units.treatment - events.control / units.control
      // The usual rule of thumb: five events before the normal approximation.
      return events.control + events.treatment >= 5 && difference / error > Z
    }
  },
}

/**
 * A fixed threshold as in Flagger and Argo Rollouts: a check fails if the treatment's failure rate
 * since the last check exceeds 1 %, or twice the baseline where that is more.
 */
const threshold: RuleUnderTest = {
  name: 'threshold, 5 failed checks',
  start: ({ baseline }) => {
    const limit = Math.max(0.01, 2 * baseline(0))
    let failed = 0
    return ({ exposed, arrived }) => {
      if (exposed.treatment > 0 && arrived.treatment / exposed.treatment > limit) failed += 1
      return failed >= FAILED_CHECKS
    }
  },
}

export const RULES = [flaghoist, repeatedTest, threshold] as const
