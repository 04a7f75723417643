import type { NodeFlags } from '../../packages/sdk-node/src/index.ts'
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

/** Evaluates the flag of an SDK again and again. */
export function watch(flags: NodeFlags) {
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
  }, SAMPLE_MS)
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
