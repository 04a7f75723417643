import type { Changes } from '../projects/projects.ts'
import { type Cursor, parseCursor } from '../streams/frames.ts'
import { ofrepProblem } from './errors.ts'

/** Sees to it that nobody who was told of a version is answered from an older one. */
export interface Freshness {
  /** Resolves once this server has the version; undefined where it has. @throws {FlaghoistError} `NOT_CAUGHT_UP` */
  caughtUp(project: string, wanted: Cursor | undefined): Promise<void> | undefined
  close(): void
}

/** How long a request waits for a version before it is sent away; OFREP clients give up after 10 s. */
const PATIENCE_MS = 3_000
/** Requests that wait at once. A client can name a version that never comes, so there is an end to it. */
const MOST_WAITING = 1_000

interface Waiting {
  readonly project: string
  readonly wanted: Cursor
  readonly resolve: () => void
}

export function createFreshness(changes: Changes, patienceMs = PATIENCE_MS): Freshness {
  const waiting = new Set<Waiting>()
  const has = (project: string, wanted: Cursor) => {
    const { epoch, state } = changes.project(project)
    // Versions of another epoch say nothing: this log was restored, or that one was.
    return wanted.epoch !== epoch || wanted.version <= state.version
  }
  const wake = (project: string) => {
    for (const one of waiting)
      if (one.project === project && has(project, one.wanted)) one.resolve()
  }
  const ignoreChanges = changes.onChange(({ key }) => wake(key))
  const ignoreEpochs = changes.onEpoch(({ key }) => wake(key))

  const tooOld = (project: string, wanted: Cursor) => {
    const held = changes.project(project).state.version
    return ofrepProblem('NOT_CAUGHT_UP', { held, wanted: wanted.version })
  }
  const wait = async (project: string, wanted: Cursor) => {
    if (waiting.size >= MOST_WAITING) throw tooOld(project, wanted)
    await new Promise<void>((resolve, reject) => {
      const one = { project, wanted, resolve: () => settle(resolve) }
      const timer = setTimeout(() => settle(() => reject(tooOld(project, wanted))), patienceMs)
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        waiting.delete(one)
        finish()
      }
      waiting.add(one)
    })
  }

  return {
    caughtUp(project, wanted) {
      return wanted === undefined || has(project, wanted) ? undefined : wait(project, wanted)
    },
    close() {
      ignoreChanges()
      ignoreEpochs()
    },
  }
}

/** The version behind a `flagConfigEtag`; clients may have put the quotes of an ETag around it. */
export function parseConfigEtag(text: unknown): Cursor | undefined {
  return typeof text === 'string' ? parseCursor(text.replace(/^(?:W\/)?"(.*)"$/, '$1')) : undefined
}
