import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'

/** The reason of a transition: a stable code, and a sentence for people. */
export type Reason = NonNullable<RolloutRun['reason']>

/** The change of one run. */
export interface RunTransition {
  readonly scope: string
  readonly to: RunTarget
  readonly reason: Reason
  /** The counts that it was computed from. */
  readonly evidence?: RolloutRun['evidence']
  /** Set where nothing changes but that the run is safe to stop watching. */
  readonly isSafe?: true | undefined
  /** Set where the present layer counts as found: a rollback restores it. */
  readonly adopts?: true | undefined
  /** Set for a rollback or a hold that waits for nothing. */
  readonly isUrgent?: true
}

/** The wanted state of a run, with the step where it matters. */
export type RunTarget =
  | { readonly state: 'exposing' | 'holdback'; readonly step: number }
  | { readonly state: 'waiting' | 'done' | 'rolled-back' | 'skipped' }
  | { readonly state: 'quarantined'; readonly owner: string }
  /** `none` treats no unit any more; `unchanged` leaves the layer. */
  | { readonly state: 'held'; readonly treats: 'none' | 'unchanged' }

/** A transition of a rollout. */
export type Transition =
  | { readonly kind: 'run'; readonly run: RunTransition }
  /** Opens a wave for its scopes. */
  | { readonly kind: 'wave'; readonly wave: number; readonly scopes: readonly string[] }
  /** Adds an instance that came after its wave was opened. */
  | {
      readonly kind: 'join'
      readonly wave: number
      readonly scope: string
      readonly joined: number
    }
  /** Stops the rollout until a person resumes it. */
  | { readonly kind: 'pause'; readonly reason: Reason }
  | {
      readonly kind: 'end'
      readonly status: Exclude<ProgressiveRollout['status'], 'running' | 'paused'>
    }

/** Checks that two decisions lead to the same. Their evidence may differ. */
export function isSameTransition(a: Transition, b: Transition): boolean {
  return textOf(a) === textOf(b)
}

function textOf(transition: Transition): string {
  return JSON.stringify(transition, (name, value) => (name === 'evidence' ? undefined : value))
}

/** Checks for a wait that says nothing about the instance: its end is known, or comes by itself. */
export function isPlannedWait(reason: Reason | undefined): boolean {
  return PLANNED_WAITS.has(reason?.code ?? '')
}

const PLANNED_WAITS: ReadonlySet<string> = new Set([
  'frozen',
  'outside-hours',
  'paused',
  'instances-first',
])
