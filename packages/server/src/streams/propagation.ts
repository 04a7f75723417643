import { isWithin } from '@flaghoist/core/model'
import { getOrSet } from '../get-or-set.ts'
import type { Cursor } from '../rulesets/cursor.ts'
import { type RulesetTarget, targetName } from '../rulesets/rulesets.ts'
import type { Clocks } from '../time.ts'
import {
  connectedBy,
  countsOf,
  isConnected,
  isPresent,
  type KnownSdk,
  type ReportingSdk,
  statusOf,
  versionsOf,
} from './known-sdk.ts'
import {
  type PropagationReport,
  type SdkStatus,
  sum,
  summarise,
  UNCOUNTED,
} from './propagation-report.ts'
import { type RelayedSdks, sumVersions } from './relayed-sdks.ts'

/**
 * The connected SDKs of this process and the versions that they hold. Callers pass only cursors in
 * the project's log. `shared-propagation.ts` has those of all servers.
 */
export interface Propagation {
  /** Records a commit: confirmations are timed from here. */
  committed(project: string, version: number): void
  connected(sdk: ReportingSdk, since: Cursor | undefined): void
  /**
   * Records the end of a stream.
   * @param returns its SDK opens another one soon, and counts as connected until then
   */
  disconnected(sdk: ReportingSdk, returns?: boolean): void
  /** Records the version that an SDK holds, for `ageMs` now. */
  held(sdk: ReportingSdk, cursor: Cursor, ageMs?: number): void
  /** Records the SDKs behind a relay, which count in its place. */
  relayed(relay: ReportingSdk, sdks: RelayedSdks): void
  /** Sums up the connected SDKs of a target, for the upstream of a relay. */
  summary(target: RulesetTarget): RelayedSdks
  report(project: string, version: number, options?: ReportOptions): PropagationReport
  /** Forgets which versions the SDKs of a target hold, because its log was restored. */
  forgetVersions(target: RulesetTarget): void
  /** Forgets the commits of a project, and which versions its SDKs hold: its log has lost some. */
  forgetCommits(project: string): void
  /** Forgets the commits and the SDKs of a deleted project. */
  forget(project: string): void
  /**
   * Returns the number of connected SDKs of each scope that has some.
   * @param others other servers have connections too, also of SDKs that moved there
   */
  connections(project: string, others?: boolean): ReadonlyMap<string, number>
  /** Returns the scopes of the SDKs that are connected, or have polled within two minutes. */
  connectedScopes(project: string): ReadonlySet<string>
}

export interface ReportOptions {
  /** Only SDKs whose scope lies within this one. */
  readonly within?: string | undefined
  /**
   * Returns the version that an SDK has to hold: an older one than that of the report, if the
   * changes in between do not affect its target. @default the version of the report
   */
  readonly neededBy?: ((sdk: ReportingSdk) => number) | undefined
}

/** Versions of a project whose commit times are remembered. */
const TIMED_VERSIONS = 1_024
/** Confirmations that are remembered per SDK: 10,000 SDKs take some MB. */
const MAX_CONFIRMATIONS = 64
/** Time that a disconnected SDK is still reported. */
const OFFLINE_SHOWN_MS = 60 * 60 * 1_000
const MAX_SDKS = 50_000
/** Time after its last request in which an SDK may be one that polls. */
const POLLING_MS = 2 * 60 * 1_000
/** Time in which an SDK opens another stream in place of one that was ended for its age. */
export const RETURN_MS = 10_000
/** Interval of the search for disconnected SDKs. */
const TIDY_MS = 60_000

/** @param onConfirmed receives the time from each commit to its confirmation by an SDK, ms */
export function createPropagation(
  clocks: Clocks,
  onConfirmed: (ms: number) => void = () => undefined,
): Propagation {
  return new Tracker(clocks, onConfirmed)
}

class Tracker implements Propagation {
  readonly #clocks: Clocks
  readonly #sdks = new Map<string, KnownSdk>()
  readonly #ofTargets = new Map<string, Set<KnownSdk>>()
  /** Project → version → when it was committed. */
  readonly #commits = new Map<string, Map<number, number>>()
  readonly #onConfirmed: (ms: number) => void
  #tidiedAt: number

  constructor(clocks: Clocks, onConfirmed: (ms: number) => void) {
    this.#clocks = clocks
    this.#onConfirmed = onConfirmed
    this.#tidiedAt = clocks.elapsed()
  }

  committed(project: string, version: number): void {
    const commits = this.#commits.get(project) ?? new Map<number, number>()
    this.#commits.set(project, commits.set(version, this.#elapsed()))
    if (commits.size > TIMED_VERSIONS) commits.delete(commits.keys().next().value!)
  }

  connected(sdk: ReportingSdk, since: Cursor | undefined): void {
    const known = this.#entryOf(sdk)
    known.streams += 1
    known.offlineAt = undefined
    if (since !== undefined) this.#confirm(known, since)
  }

  disconnected(sdk: ReportingSdk, returns = false): void {
    const known = this.#sdks.get(nameOf(sdk))
    if (known === undefined) return // Its project was deleted.
    known.streams = Math.max(0, known.streams - 1)
    if (known.streams > 0) return
    known.offlineAt = this.#elapsed()
    known.expectedUntil = returns ? known.offlineAt + RETURN_MS : 0
  }

  held(sdk: ReportingSdk, cursor: Cursor, ageMs = 0): void {
    const known = this.#entryOf(sdk)
    // Without a stream, the SDK polls or is about to disconnect.
    if (known.streams === 0) known.offlineAt = this.#elapsed()
    this.#confirm(known, cursor, ageMs)
  }

  report(
    project: string,
    version: number,
    { within, neededBy = () => version }: ReportOptions = {},
  ): PropagationReport {
    const commits = this.#commits.get(project)
    const committedAt = commits?.get(version)
    const known = [...this.#sdks.values()].filter(
      (sdk) => sdk.project === project && isWithin(sdk.scope, within),
    )
    const sdks = known.map((sdk): SdkStatus => {
      const needed = neededBy(sdk)
      const counts = countsOf(sdk, { version, needed, committedAt })
      const { connected, confirmed } = counts
      return {
        // The change that the SDK waited for: later ones may not concern its target.
        ...statusOf(sdk, needed, commits?.get(needed)),
        relayed: sdk.relayed && { connected, confirmed },
        offlineSince: this.#instantOf(sdk.offlineAt),
        counts: isPresent(sdk, this.#elapsed()) ? counts : UNCOUNTED,
      }
    })
    return summarise(version, sdks)
  }

  relayed(relay: ReportingSdk, { connected, held }: RelayedSdks): void {
    const known = this.#entryOf(relay)
    const now = this.#elapsed()
    const commits = this.#commits.get(relay.project)
    known.relayed = {
      connected,
      held: held.map(({ ageMs, medianAgeMs, ...one }) => {
        // No SDK held a version before its commit, whatever a relay reports.
        const at = (age = 0) => Math.max(now - age, commits?.get(one.version) ?? 0)
        const times = ageMs !== undefined && { lastAt: at(ageMs), medianAt: at(medianAgeMs) }
        return { ...one, ...times }
      }),
    }
  }

  summary(target: RulesetTarget): RelayedSdks {
    const now = this.#elapsed()
    const ofTarget = [...(this.#ofTargets.get(targetName(target)) ?? [])]
    const known = ofTarget.filter((sdk) => isPresent(sdk, now))
    return {
      connected: sum(known.map(connectedBy)),
      held: sumVersions(known.flatMap(versionsOf)).map(({ lastAt, medianAt, ...one }) => ({
        ...one,
        ...(lastAt !== undefined && { ageMs: now - lastAt }),
        ...(medianAt !== undefined && { medianAgeMs: now - medianAt }),
      })),
    }
  }

  forgetVersions(target: RulesetTarget): void {
    for (const sdk of this.#ofTargets.get(targetName(target)) ?? []) forgetHeld(sdk)
  }

  forgetCommits(project: string): void {
    this.#commits.delete(project)
    for (const sdk of this.#sdks.values()) if (sdk.project === project) forgetHeld(sdk)
  }

  forget(project: string): void {
    this.#commits.delete(project)
    for (const [name, sdk] of this.#sdks) if (sdk.project === project) this.#remove(name, sdk)
  }

  #remove(name: string, sdk: KnownSdk): void {
    this.#sdks.delete(name)
    const ofTarget = this.#ofTargets.get(targetName(sdk))
    ofTarget?.delete(sdk)
    if (ofTarget?.size === 0) this.#ofTargets.delete(targetName(sdk))
  }

  connections(project: string, others = false): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    const now = this.#elapsed()
    const isCounted = (sdk: KnownSdk) => (others ? isConnected(sdk) : isPresent(sdk, now))
    for (const sdk of this.#sdks.values())
      if (sdk.project === project && isCounted(sdk) && connectedBy(sdk) > 0)
        counts.set(sdk.scope, (counts.get(sdk.scope) ?? 0) + connectedBy(sdk))
    return counts
  }

  connectedScopes(project: string): ReadonlySet<string> {
    const scopes = new Set<string>()
    for (const sdk of this.#sdks.values())
      if (sdk.project === project && this.#isRecent(sdk) && connectedBy(sdk) > 0)
        scopes.add(sdk.scope)
    return scopes
  }

  #isRecent({ offlineAt }: KnownSdk): boolean {
    return offlineAt === undefined || this.#elapsed() - offlineAt < POLLING_MS
  }

  #elapsed(): number {
    return this.#clocks.elapsed()
  }

  /** Returns a time of the monotonic clock as epoch ms, by the current wall clock. */
  #instantOf(at: number | undefined): number | undefined {
    return at === undefined ? undefined : this.#clocks.now() - (this.#elapsed() - at)
  }

  #entryOf(reporting: ReportingSdk): KnownSdk {
    const key = nameOf(reporting)
    const known = this.#sdks.get(key)
    if (known !== undefined) return known

    this.#tidy()
    const { project, scope, audience, source, id, name } = reporting
    const sdk = { project, scope, audience, source, id, name }
    const state = { streams: 0, offlineAt: this.#elapsed(), expectedUntil: 0, confirmations: [] }
    const made: KnownSdk = { ...sdk, ...state }
    this.#sdks.set(key, made)
    getOrSet(this.#ofTargets, targetName(made), () => new Set<KnownSdk>()).add(made)
    return made
  }

  #confirm(known: KnownSdk, { version, hash }: Cursor, ageMs = 0): void {
    // Confirmations can overtake each other on the network; an SDK never goes back.
    if (version <= (known.confirmations.at(-1)?.version ?? -1)) return
    // No SDK held a version before its commit, whatever it reports.
    const committedAt = this.#commits.get(known.project)?.get(version)
    const at = Math.max(committedAt ?? this.#elapsed(), this.#elapsed() - ageMs)
    // An SDK did not wait for the first version that it confirms.
    if (committedAt !== undefined && known.confirmations.length > 0)
      this.#onConfirmed(at - committedAt)
    const confirmation = { version, hash, at }
    known.confirmations = [...known.confirmations.slice(1 - MAX_CONFIRMATIONS), confirmation]
  }

  /** Forgets SDKs that disconnected long ago, and any disconnected SDK while there are too many. */
  #tidy(): void {
    const isDue = this.#elapsed() - this.#tidiedAt > TIDY_MS
    if (!isDue && this.#sdks.size < MAX_SDKS) return
    this.#tidiedAt = this.#elapsed()
    const shownSince = this.#elapsed() - OFFLINE_SHOWN_MS
    for (const [key, sdk] of this.#sdks) {
      if (sdk.offlineAt === undefined) continue
      if (this.#sdks.size >= MAX_SDKS || sdk.offlineAt < shownSince) this.#remove(key, sdk)
    }
  }
}

function forgetHeld(sdk: KnownSdk): void {
  sdk.confirmations = []
  if (sdk.relayed !== undefined) sdk.relayed = { ...sdk.relayed, held: [] }
}

function nameOf(sdk: ReportingSdk): string {
  return `${targetName(sdk)} ${sdk.id}`
}
