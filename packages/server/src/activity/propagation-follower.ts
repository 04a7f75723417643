import type { SdkStatus } from '../streams/propagation-report.ts'
import type { SharedPropagation } from '../streams/shared-propagation.ts'
import { MINUTE_MS } from '../time.ts'

/** Time after which most SDKs have confirmed a change. */
const FIRST_LOOK_MS = 50
const MIN_INTERVAL_MS = 200
const MAX_INTERVAL_MS = 5_000
/** The older a version is, the more rarely it is looked at: 20 times within its age. */
const LOOKS_PER_AGE = 20
/** Time after which an SDK that has not confirmed is a matter of its connection. */
const GIVE_UP_MS = 10 * MINUTE_MS
/** Versions that are followed at once: the oldest, which end first, and the latest. */
const MAX_FOLLOWED = 4

export interface PropagationFollower {
  /** Follows a version until all connected SDKs hold it. */
  follow(version: number): void
  stop(): void
}

export interface FollowerParts {
  readonly project: string
  readonly sharedPropagation: SharedPropagation
  /** Receives the SDKs of all servers. Returns false once no stream needs the version any more. */
  readonly onReport: (version: number, sdks: readonly SdkStatus[]) => boolean
  readonly onEnd: (version: number) => void
  readonly onError: (error: unknown) => void
  readonly elapsed: () => number
}

/** Follows the propagation of versions of a project, while streams are open. */
export function createPropagationFollower(parts: FollowerParts): PropagationFollower {
  const { project, sharedPropagation, onReport, onEnd, onError, elapsed } = parts
  /** Version → when it was committed. */
  const followed = new Map<number, number>()
  let next: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let isLooking = false

  const end = (version: number) => {
    followed.delete(version)
    onEnd(version)
  }
  const look = async () => {
    for (const [version, since] of [...followed]) {
      const { sdks } = await sharedPropagation.report({ project, version })
      const isNeeded = onReport(version, sdks) && elapsed() - since < GIVE_UP_MS
      if (!isNeeded) end(version)
    }
  }
  const lookAgain = async () => {
    next = undefined
    isLooking = true
    await look().catch(onError)
    isLooking = false
    lookedAt = elapsed()
    schedule()
  }
  /** Looks for the latest version in time, even if an older one is rarely looked at by now. */
  const schedule = () => {
    const latest = [...followed.values()].at(-1)
    if (isLooking || latest === undefined) return
    const at = Math.max(latest + FIRST_LOOK_MS, lookedAt + intervalOf(elapsed() - latest))
    if (next !== undefined && next.at <= at) return
    clearTimeout(next?.timer)
    next = { timer: setTimeout(lookAgain, Math.max(0, at - elapsed())).unref(), at }
  }
  return {
    follow(version) {
      const dropped = [...followed.keys()][MAX_FOLLOWED - 1]
      if (dropped !== undefined) end(dropped)
      followed.set(version, elapsed())
      schedule()
    },
    stop() {
      followed.clear()
      clearTimeout(next?.timer)
    },
  }
}

function intervalOf(ageMs: number): number {
  return Math.min(Math.max(ageMs / LOOKS_PER_AGE, MIN_INTERVAL_MS), MAX_INTERVAL_MS)
}
