import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkIdentity } from './hub.ts'
import { type SdkCounts, type SdkStatus, sum } from './propagation-report.ts'
import { type HeldVersion, timesOf, type WeightedTime } from './relayed-sdks.ts'

/** An SDK and where it evaluates. */
export interface ReportingSdk extends SdkIdentity, RulesetTarget {}

/** A version that an SDK holds, and the time of its confirmation on the monotonic clock. */
interface Confirmation {
  readonly version: number
  readonly hash: string | undefined
  readonly at: number
}

/** An SDK, or a relay that stands for the SDKs behind it. */
export interface KnownSdk extends ReportingSdk {
  streams: number
  /** Time of its last request on the monotonic clock; undefined while the SDK is connected. */
  offlineAt: number | undefined
  /** Time until which an SDK is expected whose stream was ended for its age; 0 for any other. */
  expectedUntil: number
  /** Oldest first, with strictly increasing versions. */
  confirmations: readonly Confirmation[]
  /** The SDKs behind a relay; undefined for an SDK. */
  relayed?: { readonly connected: number; readonly held: readonly HeldVersion[] }
}

export function isConnected({ offlineAt }: KnownSdk): boolean {
  return offlineAt === undefined
}

/**
 * Returns whether an SDK counts as connected: also while it moves to a new stream.
 * @param now monotonic ms
 */
export function isPresent(sdk: KnownSdk, now: number): boolean {
  return isConnected(sdk) || now < sdk.expectedUntil
}

function heldBy({ confirmations }: KnownSdk): number {
  return confirmations.at(-1)?.version ?? -1
}

/** Returns the number of SDKs that an entry stands for. */
export function connectedBy({ relayed }: KnownSdk): number {
  return relayed?.connected ?? 1
}

function confirmedBy(known: KnownSdk, needed: number): number {
  const { relayed } = known
  if (relayed === undefined) return heldBy(known) >= needed ? 1 : 0
  const confirmed = relayed.held.filter(({ version }) => version >= needed)
  return Math.min(sum(confirmed.map(({ sdks }) => sdks)), relayed.connected)
}

/** Returns the versions that the SDKs of an entry hold. */
export function versionsOf({ relayed, confirmations }: KnownSdk): readonly HeldVersion[] {
  if (relayed !== undefined) return relayed.held
  const latest = confirmations.at(-1)
  if (latest === undefined) return []
  const { version, hash, at } = latest
  // An SDK did not wait for the first version that it confirms.
  return [{ version, hash, sdks: 1, ...(confirmations.length > 1 && { lastAt: at }) }]
}

interface WaitOptions {
  readonly version: number
  /** Version that confirms this one for the target. */
  readonly needed: number
  readonly committedAt: number | undefined
}

export function countsOf(known: KnownSdk, options: WaitOptions): SdkCounts {
  const confirmed = confirmedBy(known, options.needed)
  return { connected: connectedBy(known), confirmed, waits: waitsOf(known, options) }
}

/** Returns the times from the commit of a version to its confirmations. */
function waitsOf(
  known: KnownSdk,
  { version, needed, committedAt }: WaitOptions,
): readonly WeightedTime[] {
  if (committedAt === undefined) return []
  const { relayed } = known
  if (relayed === undefined) {
    const { confirmedAfterMs } = statusOf(known, version, committedAt)
    return confirmedAfterMs === undefined || heldBy(known) < needed ? [] : [[confirmedAfterMs, 1]]
  }
  return relayed.held.flatMap(({ version: held, sdks, lastAt, medianAt = lastAt }) => {
    if (held !== needed || lastAt === undefined || medianAt === undefined) return []
    return timesOf(sdks, medianAt - committedAt, lastAt - committedAt)
  })
}

export function statusOf(
  { id, name, scope, audience, confirmations }: KnownSdk,
  version: number,
  committedAt: number | undefined,
): Omit<SdkStatus, 'counts'> {
  // A confirmation covers every version up to its own. The first one is not timed: the SDK did not
  // wait for any version before.
  const confirmation = confirmations.find((one, i) => i > 0 && one.version >= version)
  const didWait = confirmation !== undefined && confirmations[0]!.version < version
  return {
    id,
    name,
    scope,
    audience,
    version: confirmations.at(-1)?.version,
    confirmedAfterMs:
      didWait && committedAt !== undefined ? confirmation.at - committedAt : undefined,
  }
}
