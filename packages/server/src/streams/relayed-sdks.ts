import { getOrSet } from '../get-or-set.ts'

/** The SDKs behind a relay, summed up by the version that they hold. */
export interface RelayedSdks {
  /** SDKs that stream from the relay, or from a relay behind it. */
  readonly connected: number
  readonly held: readonly RelayedVersion[]
}

/** The SDKs that hold one version. */
export interface RelayedVersion {
  readonly version: number
  /** Hash of the version in the log; undefined without one in the ruleset. */
  readonly hash?: string | undefined
  readonly sdks: number
  /** Time since the last of them confirmed it, ms; undefined if none waited for it. */
  readonly ageMs?: number | undefined
  /** Time since half of them had confirmed it, ms. */
  readonly medianAgeMs?: number | undefined
}

/** SDKs that hold one version, with their times on the monotonic clock. */
export interface HeldVersion {
  readonly version: number
  readonly hash?: string | undefined
  readonly sdks: number
  readonly lastAt?: number | undefined
  readonly medianAt?: number | undefined
}

/** Versions in one sum. SDKs that hold an older one have confirmed nothing recent. */
export const MAX_RELAYED_VERSIONS = 32

/** Sums up the versions that SDKs or relays hold, newest first. */
export function sumVersions(all: readonly HeldVersion[]): readonly HeldVersion[] {
  const groups = new Map<number, HeldVersion[]>()
  for (const one of all) getOrSet(groups, one.version, () => []).push(one)
  const newest = [...groups].sort(([a], [b]) => b - a).slice(0, MAX_RELAYED_VERSIONS)
  return newest.map(([version, held]) => {
    const times = held.flatMap(({ sdks, lastAt, medianAt = lastAt }) =>
      lastAt === undefined || medianAt === undefined ? [] : timesOf(sdks, medianAt, lastAt),
    )
    const { hash } = held[0]!
    const sdks = held.reduce((sum, one) => sum + one.sdks, 0)
    return { version, hash, sdks, ...quantilesOf(times) }
  })
}

/** A time, and the number of SDKs that it stands for. */
export type WeightedTime = readonly [at: number, sdks: number]

/** Describes SDKs by their median and their last time. */
export function timesOf(sdks: number, medianAt: number, lastAt: number): readonly WeightedTime[] {
  const half = Math.ceil(sdks / 2)
  return sdks === 1
    ? [[lastAt, 1]]
    : [
        [medianAt, half],
        [lastAt, sdks - half],
      ]
}

/** Returns the time by which half of the SDKs had confirmed, and the time of the last. */
export function quantilesOf(times: readonly WeightedTime[]): {
  readonly medianAt?: number
  readonly lastAt?: number
} {
  const sorted = times.toSorted(([a], [b]) => a - b)
  const last = sorted.at(-1)
  if (last === undefined) return {}
  const total = sorted.reduce((sum, [, sdks]) => sum + sdks, 0)
  let seen = 0
  const median = sorted.find(([, sdks]) => {
    seen += sdks
    return seen >= total / 2
  })
  return { medianAt: median![0], lastAt: last[0] }
}
