import type { Flag } from '@flaghoist/core/schema'
import type { Incident } from '../../changes/incidents.ts'

/** The facts about one scope that a rollout would reach. */
export interface ScopeFacts {
  readonly scope: string
  /** Names and versions of the connected SDKs. */
  readonly sdks: readonly string[]
  /** Evaluations within a day that served the old variant. */
  readonly oldServed: number
  /** Evaluations within a day. */
  readonly evaluations: number
  /** Units within a day. Only a split or a rollout counts units. */
  readonly units: number
  /** Metrics that judge the rollout and have not arrived within a week. */
  readonly silentMetrics: readonly string[]
  /** Reason why nothing may begin now. */
  readonly closed?: { readonly text: string } | undefined
  readonly isKilled: boolean
  /** Keys of the prerequisites that are not met. */
  readonly unmet: readonly string[]
}

/** Everything that the readiness of a flag depends on. */
export interface ReadinessFacts {
  /** Path of the project in the API. */
  readonly path: string
  readonly flag: Flag
  readonly environment: string
  readonly isProtected: boolean
  /** Old variant; undefined for the caller's fallback. */
  readonly from: string | undefined
  readonly scopes: readonly ScopeFacts[]
  /** Number of metrics that a rollout would be judged by. */
  readonly metrics: number
  /** Key of the rollout of the flag that is in progress. */
  readonly inProgress: string | undefined
  readonly dependants: readonly string[]
  readonly incidents: readonly Incident[]
}
