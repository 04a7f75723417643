import { BUCKETS, hashIdentifier } from '@flaghoist/core'
import {
  bucketsOf,
  type DrivenMembers,
  type ProgressiveRollout,
  type RolloutRun,
} from '@flaghoist/core/schema'

type Run = Pick<RolloutRun, 'scope' | 'wave' | 'attempt'>

/** The steps that a run goes through. */
export function stepsOf({ plan }: ProgressiveRollout, { wave }: Pick<RolloutRun, 'wave'>) {
  return plan.waves[wave]?.steps ?? []
}

/** Checks that a run has passed its last step: only the holdback is left. */
export function isInHoldback(
  rollout: ProgressiveRollout,
  run: Pick<RolloutRun, 'wave' | 'step'>,
): boolean {
  return run.step >= stepsOf(rollout, run).length
}

/** Checks that a run is in the last stage in which both variants are compared. */
export function isInLastStage(
  rollout: ProgressiveRollout,
  run: Pick<RolloutRun, 'state' | 'wave' | 'step'>,
): boolean {
  if (run.state === 'holdback') return true
  const isLastStep = run.step === stepsOf(rollout, run).length - 1
  return run.state === 'exposing' && isLastStep && rollout.plan.holdback === null
}

/**
 * Returns the members of a layer at one step of a run. No treated unit drops out: earlier segments
 * stay listed, and the share never falls.
 * @param step the number of steps for the holdback
 */
export function membersAt(
  project: string,
  rollout: ProgressiveRollout,
  run: Run,
  step: number,
): DrivenMembers {
  const passed = stepsOf(rollout, run).slice(0, step + 1)
  const isLast = isInHoldback(rollout, { ...run, step })
  const share = isLast ? holdbackShare(rollout) : Math.max(0, ...passed.map(shareOf))
  const segments = [...new Set(passed.flatMap(segmentsOf))]
  return {
    on: true,
    rollout: {
      planRun: rollout.key,
      step,
      by: rollout.by,
      salt: saltOf(project, rollout, run),
      share,
      serve: { variant: rollout.to },
      ...(segments.length === 0 ? {} : { segments }),
    },
    ...oldPath(rollout),
  }
}

/** Returns the members that treat no unit, and keep the salt of the run. */
export function membersOfNone(
  project: string,
  rollout: ProgressiveRollout,
  run: RolloutRun,
): DrivenMembers {
  const { rollout: step, ...others } = membersAt(project, rollout, run, run.step)
  const { segments: _, ...unsegmented } = step!
  return { ...others, rollout: { ...unsegmented, share: 0 } }
}

/** Returns the members that serve the new variant to all units. */
export function membersOfAll({ to }: ProgressiveRollout): DrivenMembers {
  return { on: true, rollout: null, fallthrough: { variant: to } }
}

/**
 * The salt of a run. Each attempt has its own: those who failed are not the first to be exposed
 * again. Derived, so that a repeated transition writes the same bytes.
 */
function saltOf(
  project: string,
  { key, flag }: ProgressiveRollout,
  { scope, attempt }: Run,
): string {
  return hashIdentifier(project, `rollout ${key} ${flag}@${scope} ${attempt}`)
}

function oldPath({ from }: ProgressiveRollout): DrivenMembers {
  return from === undefined ? {} : { fallthrough: { variant: from } }
}

function holdbackShare({ plan: { holdback } }: ProgressiveRollout): number {
  return BUCKETS - bucketsOf(holdback?.percent ?? 0)
}

type Step = ReturnType<typeof stepsOf>[number]

function shareOf({ audience }: Step): number {
  return 'share' in audience ? bucketsOf(audience.share) : 0
}

function segmentsOf({ audience }: Step): readonly string[] {
  return 'segments' in audience ? audience.segments : []
}
