import type { Ruleset } from '@flaghoist/core'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { Services } from '../services.ts'
import { observeIngest } from '../telemetry/observe-ingest.ts'
import { createIngest, type Ingest, type IngestParts } from './create-ingest.ts'
import { samplesOfTarget } from './samples-of-target.ts'

/** The receiver of the batches of SDKs. */
export interface Intake {
  readonly add: Ingest
  /** Returns the samples that an SDK may report, by flag: one unit in so many. */
  samplesOf(target: RulesetTarget, ruleset: Ruleset): Readonly<Record<string, number>>
}

/** Creates the intake of a server, which counts batches in its store. */
export function createIntake(
  services: IngestParts & Pick<Services, 'telemetry' | 'elapsed'>,
): Intake {
  const { projects, unitSamples: samples } = services
  return {
    add: observeIngest(createIngest(services), services.telemetry, services.elapsed),
    samplesOf(target, ruleset) {
      const { state } = projects.get(target.project)
      return samplesOfTarget({ target, ruleset, state, samples })
    },
  }
}
