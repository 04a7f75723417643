import type { RolloutRun } from '@flaghoist/core/schema'
import type { Eta, SafetyGap } from '@flaghoist/health'
import type { StageFacts } from '../health/last-stage.ts'
import type { Reason } from './transition.ts'

/** The verdict of the metrics of a run. */
export interface RunVerdict {
  /**
   * - `regressed`: beyond the error budget, or over a hard limit
   * - `hold`: evidence of harm, a sample-ratio mismatch, or data that stopped
   * - `wait`: harm is not ruled out yet
   * - `clear`: the harm that the plan does not accept is ruled out
   */
  readonly action: 'regressed' | 'hold' | 'wait' | 'clear'
  readonly reason: Reason
  /** Present while the evidence of harm is too strong for the end of a hold. */
  readonly keepsHold?: true | undefined
  readonly evidence?: RolloutRun['evidence']
}

/** Everything that a decision about one scope depends on, besides its run. */
export interface Observation {
  /** Reason why no step may begin now: a freeze, business hours, a paused instance. */
  readonly closed?: Reason | undefined
  /** True while an SDK of the scope is connected. */
  readonly isConnected: boolean
  /** True while the flag is killed in the scope. */
  readonly isKilled: boolean
  /** False if the driven members of the layer are not those that the rollout wrote last. */
  readonly isUntouched: boolean
  /** Set if the scope serves the new variant to all users already, or has another rollout. */
  readonly found?: 'already' | 'rollout' | undefined
  /** Minutes with exposures since the step began, while a process watched the rollout. */
  readonly minutes: number
  /** Units exposed since the step began. */
  readonly units: number
  /** Absent before the run exposes. */
  readonly verdict?: RunVerdict | undefined
  /** Users that the verdict still needs; absent if it needs none, or without an estimate. */
  readonly missing?: Eta | undefined
  /** Present in the last stage of a run. */
  readonly stage?: StageFacts | undefined
  /** Reason why a cleared run in its last stage is not safe to stop watching. */
  readonly gap?: SafetyGap | undefined
}
