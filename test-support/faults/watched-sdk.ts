import type { Flags } from '../../packages/client/src/index.ts'
import { FLAG } from './admin.ts'

const SAMPLE_MS = 10

/** The evaluations of one SDK. */
export interface Seen {
  readonly count: number
  /** Each version and the value that was served with it. */
  readonly served: ReadonlySet<string>
  readonly thrown: number
  readonly backwards: number
}

const NOTHING = () => ({ count: 0, served: new Set<string>(), thrown: 0, backwards: 0 })

/** Adds up what several SDKs have evaluated. */
export function sumOf(seen: readonly Seen[]): Seen {
  const sum = (one: (part: Seen) => number) => seen.reduce((total, part) => total + one(part), 0)
  return {
    count: sum(({ count }) => count),
    served: new Set(seen.flatMap(({ served }) => [...served])),
    thrown: sum(({ thrown }) => thrown),
    backwards: sum(({ backwards }) => backwards),
  }
}

/** Evaluates the flag of an SDK again and again. @param sampleMs interval, ms */
export function watch<F extends Flags>(flags: F, sampleMs = SAMPLE_MS) {
  let seen = NOTHING()
  let latest = 0
  const timer = setInterval(() => {
    try {
      const { version = 0 } = flags.status()
      if (version < latest) seen.backwards += 1
      latest = version
      seen.served.add(`${version} ${flags.isEnabled(FLAG)}`)
      seen.count += 1
    } catch {
      seen.thrown += 1
    }
  }, sampleMs)
  return {
    flags,
    take(): Seen {
      const taken = seen
      seen = NOTHING()
      return taken
    },
    async close() {
      clearInterval(timer)
      await flags.close()
    },
  }
}

/** Counts rejections that nobody has handled. */
export function countExceptions() {
  let count = 0
  const note = () => {
    count += 1
  }
  process.on('unhandledRejection', note)
  return {
    take() {
      const taken = count
      count = 0
      return taken
    },
    stop: () => void process.off('unhandledRejection', note),
  }
}
