import type { Ruleset } from '@flaghoist/core'
import { instanceOf, isWithin, type ProjectState } from '@flaghoist/core/model'
import { currentAttempt } from '../health/read-counts.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { AttemptKey } from '../stores/event-store.ts'
import type { UnitSamples } from './unit-samples.ts'

/** The facts that an SDK's samples depend on. */
export interface TargetSamples {
  readonly target: RulesetTarget
  readonly ruleset: Ruleset
  readonly state: ProjectState
  readonly samples: UnitSamples
}

/**
 * Returns the samples that an SDK may report, by flag: one unit in so many. A server SDK of a whole
 * environment receives them by `flag@instance`, with an empty instance for that of the environment.
 */
export function samplesOfTarget({
  target: { project, scope, audience },
  ruleset,
  state,
  samples,
}: TargetSamples): Readonly<Record<string, number>> {
  const isOfInstance = instanceOf(scope) !== undefined
  const found = samples.partial(project).flatMap(({ flag, scope: sampled }) => {
    // A client key must not learn of other flags and instances.
    const isSeen = audience === 'client' ? sampled === scope : isWithin(sampled, scope)
    if (!isSeen || !Object.hasOwn(ruleset.flags, flag)) return []
    const oneIn = presentSample(samples, state, { project, flag, scope: sampled })
    const name = isOfInstance ? flag : `${flag}@${instanceOf(sampled) ?? ''}`
    return oneIn > 1 ? [[name, oneIn] as const] : []
  })
  return Object.fromEntries(found)
}

/**
 * Returns the sample of the units that chance places now: the widest of arms and splits, and of the
 * last minutes, since outcomes of its units still arrive.
 */
function presentSample(
  samples: UnitSamples,
  state: ProjectState,
  units: Pick<AttemptKey, 'project' | 'flag' | 'scope'>,
): number {
  const present = (['treatment', ''] as const).flatMap((arm) => {
    const found = currentAttempt(state, { ...units, arm })
    return found ? samples.of({ ...units, attempt: found.attempt }).lately : []
  })
  return present.length === 0 ? 1 : Math.min(...present)
}
