import { isWithin, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { possibleActions } from './actions.ts'
import { type DecisionInput, viewOf } from './advance-rollout.ts'
import { attentionOf } from './attention.ts'
import type { RolloutView } from './decide.ts'
import { missingFor } from './decide-run.ts'
import { waitsFor } from './decide-waves.ts'
import { overviewOf } from './rollout-overview.ts'
import { numbersOf } from './run-numbers.ts'
import type { ShownRun } from './run-schemas.ts'
import { shareOfRun } from './run-share.ts'
import { safetyOfRollout, safetyOfRun } from './safety.ts'
import type { ShownRollout } from './schemas.ts'

/** Shows a rollout with the runs that lie within the scope of a key. */
export function shownRollout(
  state: ProjectState,
  rollout: ProgressiveRollout,
  input: DecisionInput,
  bound: string | undefined,
): ShownRollout {
  const view = viewOf(state, rollout, input)
  const isShown = ({ scope }: { readonly scope: string }) => isWithin(scope, bound)
  const own = view.runs.filter(isShown)
  const runs = [
    ...own.map((run) => shownRun(state, view, run)),
    ...pendingRuns(view).filter(isShown),
  ]
  const safety = safetyOfRollout(
    rollout,
    own,
    runs.map((run) => run.safety),
  )
  return { ...rollout, safety, overview: overviewOf(rollout, runs), runs }
}

function shownRun(state: ProjectState, view: RolloutView, run: RolloutRun): ShownRun {
  const { rollout, observe, now } = view
  const seen = observe(run.scope)
  const isOpen = rollout.endedAt === undefined
  const isExposing = run.state === 'exposing' || run.state === 'holdback'
  const waits = run.state === 'waiting' ? waitsFor(view, run) : undefined
  const missing = isExposing ? (seen.closed ?? missingFor({ rollout, run, seen, now })) : undefined
  return {
    ...run,
    minutes: seen.minutes,
    units: seen.units,
    verdict: seen.verdict?.reason.text,
    next: isOpen ? (waits ?? missing)?.text : undefined,
    attention: attentionOf({ rollout, run, seen, now }),
    share: shareOfRun(run),
    numbers: numbersOf(run, seen),
    usersNeeded: isExposing ? seen.missing?.units : undefined,
    actions: possibleActions(state, rollout, run, seen.isUntouched),
    safety: safetyOfRun({ rollout, run, seen, now }),
  }
}

/** The runs of waves that are not open, by what their selectors select now. */
function pendingRuns({ rollout, runs, waves }: RolloutView): ShownRun[] {
  if (rollout.endedAt !== undefined) return []
  const known = new Set(runs.map(({ scope }) => scope))
  return waves.flatMap(({ scopes }, wave) =>
    wave <= rollout.wave
      ? []
      : scopes
          .filter((scope) => !known.has(scope))
          .map((scope) => ({
            rollout: rollout.key,
            scope,
            state: 'pending' as const,
            wave,
            step: 0,
            since: rollout.startedAt,
            attempt: 1,
            joined: 0,
            minutes: 0,
            units: 0,
            attention: 'pending' as const,
            share: 0,
            actions: [],
            next: `Wave "${rollout.plan.waves[wave - 1]?.name ?? ''}" comes first.`,
            safety: { isSafe: false, text: `The wave of ${scope} is not open yet.` },
          })),
  )
}
