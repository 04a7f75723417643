import type { Audience } from '@flaghoist/core/model'
import { isWithin } from '@flaghoist/core/model'
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
  /** Epoch ms; undefined while the SDK is connected. */
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

/** Who is connected, and who holds what since when. */
export interface Propagation {
  /** A version was committed: confirmations are timed from here. */
  committed(project: string, version: number): void
  connected(sdk: ReportingSdk, since: Cursor | undefined): void
  disconnected(sdk: ReportingSdk): void
  /** An SDK says what it holds. */
  held(sdk: ReportingSdk, cursor: Cursor): void
  /** @param within only SDKs whose scope lies within this one */
  report(project: string, version: number, within?: string): PropagationReport
}

/** Versions whose commit and confirmation times are remembered. */
const TIMED_VERSIONS = 1_024
/** How long an SDK that went away is still shown. */
const OFFLINE_SHOWN_MS = 60 * 60 * 1_000
const MOST_SDKS = 50_000

interface Known extends ReportingSdk {
  streams: number
  offlineSince: number | undefined
  version: number | undefined
  /** Version → ms from its commit until the SDK held it. */
  confirmedAfter: Map<number, number>
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
  /** `project version` → when it was committed. */
  readonly #commits = new Map<string, number>()

  constructor(now: () => number, elapsed: () => number) {
    this.#now = now
    this.#elapsed = elapsed
  }

  committed(project: string, version: number): void {
    this.#commits.set(`${project} ${version}`, this.#elapsed())
    trim(this.#commits)
  }

  connected(sdk: ReportingSdk, since: Cursor | undefined): void {
    const known = this.#know(sdk)
    known.streams += 1
    known.offlineSince = undefined
    if (since !== undefined) this.#confirm(known, since.version)
  }

  disconnected(sdk: ReportingSdk): void {
    const known = this.#know(sdk)
    known.streams = Math.max(0, known.streams - 1)
    if (known.streams === 0) known.offlineSince = this.#now()
  }

  held(sdk: ReportingSdk, { version }: Cursor): void {
    this.#confirm(this.#know(sdk), version)
  }

  report(project: string, version: number, within?: string): PropagationReport {
    const sdks = [...this.#sdks.values()]
      .filter((sdk) => sdk.project === project && isWithin(sdk.scope, within))
      .map((sdk) => statusOf(sdk, version))
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

  #know(sdk: ReportingSdk): Known {
    const name = `${sdk.project} ${sdk.scope} ${sdk.id}`
    const known = this.#sdks.get(name)
    if (known !== undefined) return known

    forgetSome(this.#sdks, this.#now())
    const { project, scope, audience, id, name: sdkName } = sdk
    const unknown = { streams: 0, offlineSince: this.#now(), version: undefined }
    const made = {
      project,
      scope,
      audience,
      id,
      name: sdkName,
      ...unknown,
      confirmedAfter: new Map(),
    }
    this.#sdks.set(name, made)
    return made
  }

  #confirm(known: Known, version: number): void {
    // One word confirms every version up to the one that it names. An SDK that was not there before did not
    // wait for any of them.
    for (let passed = version; passed > (known.version ?? version); passed -= 1) {
      const committedAt = this.#commits.get(`${known.project} ${passed}`)
      if (committedAt === undefined) break
      known.confirmedAfter.set(passed, this.#elapsed() - committedAt)
    }
    trim(known.confirmedAfter)
    known.version = version
  }
}

function statusOf(sdk: Known, version: number): SdkStatus {
  const { id, name, scope, audience, offlineSince } = sdk
  const confirmedAfterMs = sdk.confirmedAfter.get(version)
  return { id, name, scope, audience, offlineSince, version: sdk.version, confirmedAfterMs }
}

/** Keeps the newest entries: maps are in order of insertion. */
function trim(map: Map<unknown, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= TIMED_VERSIONS) return
    map.delete(key)
  }
}

function forgetSome(sdks: Map<string, Known>, now: number): void {
  for (const [name, { offlineSince }] of sdks) {
    if (offlineSince === undefined) continue
    if (sdks.size >= MOST_SDKS || now - offlineSince > OFFLINE_SHOWN_MS) sdks.delete(name)
  }
}
