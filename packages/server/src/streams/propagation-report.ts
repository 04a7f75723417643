import type { Audience } from '@flaghoist/core/model'
import { quantilesOf, type WeightedTime } from './relayed-sdks.ts'

/** The part that an SDK, or those behind a relay, have in the counts of a report. */
export interface SdkCounts {
  readonly connected: number
  readonly confirmed: number
  /** Times from the commit to the confirmations, ms. */
  readonly waits: readonly WeightedTime[]
}

/** The part of an SDK that is not connected. */
export const UNCOUNTED: SdkCounts = { connected: 0, confirmed: 0, waits: [] }

export interface SdkStatus {
  readonly id: string
  readonly name: string
  readonly scope: string
  readonly audience: Audience
  /** Time of its last request, epoch ms; undefined while the SDK is connected. */
  readonly offlineSince?: number | undefined
  /** Version that the SDK has last confirmed. */
  readonly version?: number | undefined
  /** Time from the commit of the version that the SDK needs to its confirmation, ms. */
  readonly confirmedAfterMs?: number | undefined
  /** For a relay: the numbers of connected and confirmed SDKs behind it. */
  readonly relayed?: { readonly connected: number; readonly confirmed: number } | undefined
  readonly counts: SdkCounts
}

/** The propagation of one version to the SDKs. */
export interface PropagationReport {
  readonly version: number
  /** SDKs that are connected now, also to relays, which count as no SDKs themselves. */
  readonly connected: number
  /** Connected SDKs that hold what their targets have at this version. */
  readonly confirmed: number
  readonly p50Ms?: number | undefined
  readonly maxMs?: number | undefined
  readonly sdks: readonly SdkStatus[]
}

/** Sums the counts of SDKs. */
export function summarise(version: number, sdks: readonly SdkStatus[]): PropagationReport {
  const { medianAt, lastAt } = quantilesOf(sdks.flatMap(({ counts }) => counts.waits))
  return {
    version,
    connected: sum(sdks.map(({ counts }) => counts.connected)),
    confirmed: sum(sdks.map(({ counts }) => counts.confirmed)),
    p50Ms: medianAt,
    maxMs: lastAt,
    sdks,
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
