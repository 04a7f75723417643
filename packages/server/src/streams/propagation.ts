import { type Audience, isWithin } from '@flaghoist/core/model'
import { addressName } from '../rulesets/rulesets.ts'
import type { Cursor } from './frames.ts'
import type { SdkIdentity } from './hub.ts'

/** An SDK and where it evaluates. */
export interface ReportingSdk extends SdkIdentity {
  readonly project: string
  readonly scope: string
  readonly audience: Audience
}

export interface SdkStatus {
  readonly id: string
  readonly name: string
  readonly scope: string
  readonly audience: Audience
  /** When it was last heard of, epoch ms; undefined while the SDK is connected. */
  readonly offlineSince?: number | undefined
  /** Version that the SDK last said it holds. */
  readonly version?: number | undefined
  /** ms from the commit of the version asked for to the SDK's word that it holds it. */
  readonly confirmedAfterMs?: number | undefined
}

/** How far a version has come. */
export interface PropagationReport {
  readonly version: number
  /** SDKs that are connected now. */
  readonly connected: number
  /** Of these, how many hold the version or a later one. */
  readonly confirmed: number
  readonly p50Ms?: number | undefined
  readonly maxMs?: number | undefined
  readonly sdks: readonly SdkStatus[]
}

/** Who is connected, and who holds what since when. Cursors are ones that the project's log has reached. */
export interface Propagation {
  /** A version was committed: confirmations are timed from here. */
  committed(project: string, version: number): void
  /** The project's log has gone back: what was said of its versions is void. */
  renewed(project: string): void
  connected(sdk: ReportingSdk, since: Cursor | undefined): void
  disconnected(sdk: ReportingSdk): void
  /** An SDK says what it holds. */
  held(sdk: ReportingSdk, cursor: Cursor): void
  /** @param within only SDKs whose scope lies within this one */
  report(project: string, version: number, within?: string): PropagationReport
}

/** Versions of a project whose commit times are remembered. */
const TIMED_VERSIONS = 1_024
/** How many of the last words of an SDK are remembered: 10,000 SDKs take some MB. */
const WORDS = 64
/** How long an SDK that went away is still shown. */
const OFFLINE_SHOWN_MS = 60 * 60 * 1_000
const MOST_SDKS = 50_000
/** How often SDKs that went away are looked for. */
const TIDY_MS = 60_000

/** "I hold this version", and when that was said on the monotonic clock. */
interface Word {
  readonly version: number
  readonly at: number
}

interface Known extends ReportingSdk {
  streams: number
  offlineSince: number | undefined
  /** Oldest first, each of a later version than the one before. */
  words: readonly Word[]
}

/**
 * @param now wall clock, epoch ms
 * @param elapsed monotonic clock, ms
 */
export function createPropagation(now: () => number, elapsed: () => number): Propagation {
  return new Tracker(now, elapsed)
}

class Tracker implements Propagation {
  readonly #now: () => number
  readonly #elapsed: () => number
  readonly #sdks = new Map<string, Known>()
  /** Project → version → when it was committed. */
  readonly #commits = new Map<string, Map<number, number>>()
  #tidiedAt: number

  constructor(now: () => number, elapsed: () => number) {
    this.#now = now
    this.#elapsed = elapsed
    this.#tidiedAt = elapsed()
  }

  committed(project: string, version: number): void {
    const commits = this.#commits.get(project) ?? new Map<number, number>()
    this.#commits.set(project, commits.set(version, this.#elapsed()))
    if (commits.size > TIMED_VERSIONS) commits.delete(commits.keys().next().value!)
  }

  renewed(project: string): void {
    this.#commits.delete(project)
    for (const sdk of this.#sdks.values()) if (sdk.project === project) sdk.words = []
  }

  connected(sdk: ReportingSdk, since: Cursor | undefined): void {
    const known = this.#know(sdk)
    known.streams += 1
    known.offlineSince = undefined
    if (since !== undefined) this.#note(known, since)
  }

  disconnected(sdk: ReportingSdk): void {
    const known = this.#know(sdk)
    known.streams = Math.max(0, known.streams - 1)
    if (known.streams === 0) known.offlineSince = this.#now()
  }

  held(sdk: ReportingSdk, cursor: Cursor): void {
    const known = this.#know(sdk)
    if (known.streams === 0) known.offlineSince = this.#now() // It polls, or is about to leave.
    this.#note(known, cursor)
  }

  report(project: string, version: number, within?: string): PropagationReport {
    const committedAt = this.#commits.get(project)?.get(version)
    const sdks = [...this.#sdks.values()]
      .filter((sdk) => sdk.project === project && isWithin(sdk.scope, within))
      .map((sdk) => statusOf(sdk, version, committedAt))
    const connected = sdks.filter(({ offlineSince }) => offlineSince === undefined)
    const confirmed = connected.filter((sdk) => (sdk.version ?? -1) >= version)
    const times = confirmed
      .flatMap(({ confirmedAfterMs }) => confirmedAfterMs ?? [])
      .sort((a, b) => a - b)
    return {
      version,
      connected: connected.length,
      confirmed: confirmed.length,
      p50Ms: times[Math.floor((times.length - 1) / 2)],
      maxMs: times.at(-1),
      sdks,
    }
  }

  #know({ project, scope, audience, id, name }: ReportingSdk): Known {
    const key = `${addressName({ project, scope, audience })} ${id}`
    const known = this.#sdks.get(key)
    if (known !== undefined) return known

    this.#tidy()
    const sdk = { project, scope, audience, id, name }
    const made: Known = { ...sdk, streams: 0, offlineSince: this.#now(), words: [] }
    this.#sdks.set(key, made)
    return made
  }

  #note(known: Known, { version }: Cursor): void {
    // Words can overtake each other on the way; an SDK never goes back.
    if (version <= (known.words.at(-1)?.version ?? -1)) return
    known.words = [...known.words.slice(1 - WORDS), { version, at: this.#elapsed() }]
  }

  /** Forgets who went away long ago, and whoever went away while there are too many. */
  #tidy(): void {
    const isDue = this.#elapsed() - this.#tidiedAt > TIDY_MS
    if (!isDue && this.#sdks.size < MOST_SDKS) return
    this.#tidiedAt = this.#elapsed()
    const shownSince = this.#now() - OFFLINE_SHOWN_MS
    for (const [key, { offlineSince }] of this.#sdks) {
      if (offlineSince === undefined) continue
      if (this.#sdks.size >= MOST_SDKS || offlineSince < shownSince) this.#sdks.delete(key)
    }
  }
}

function statusOf(sdk: Known, version: number, committedAt: number | undefined): SdkStatus {
  const { id, name, scope, audience, offlineSince, words } = sdk
  // One word confirms every version up to the one that it names. The first one confirms none: an SDK that was not
  // there before did not wait for any.
  const word = words.find((one, i) => i > 0 && one.version >= version)
  const didWait = word !== undefined && words[0]!.version < version
  return {
    id,
    name,
    scope,
    audience,
    offlineSince,
    version: words.at(-1)?.version,
    confirmedAfterMs: didWait && committedAt !== undefined ? word.at - committedAt : undefined,
  }
}
