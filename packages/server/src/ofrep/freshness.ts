import type { Projects } from '../projects/projects.ts'
import { type Cursor, parseCursor } from '../rulesets/cursor.ts'
import { ofrepProblem } from './errors.ts'

/** Ensures that a client never receives an older version than the one announced to it. */
export interface Freshness {
  /**
   * Resolves once this server holds the version; undefined if it does already. @throws
   * {FlaghoistError} `NOT_CAUGHT_UP`
   */
  caughtUp(project: string, wanted: Cursor | undefined): Promise<void> | undefined
  close(): void
}

/** Maximum wait of a request for a version; OFREP clients time out after 10 s. */
const MAX_WAIT_MS = 3_000
/**
 * Maximum number of waiting requests, because a client can name a version that will never exist.
 */
const MAX_WAITING = 1_000

interface Waiting {
  readonly project: string
  readonly wanted: Cursor
  readonly resolve: () => void
}

export function createFreshness(projects: Projects, maxWaitMs = MAX_WAIT_MS): Freshness {
  const waiting = new Set<Waiting>()
  const has = (project: string, wanted: Cursor) => {
    const { epoch, state } = projects.get(project)
    // Versions of another epoch do not compare: one of the two logs was restored.
    return wanted.epoch !== epoch || wanted.version <= state.version
  }
  const wake = (project: string) => {
    for (const one of waiting)
      if (one.project === project && has(project, one.wanted)) one.resolve()
  }
  const ignoreChanges = projects.onChange(({ key }) => wake(key))
  const ignoreEpochs = projects.onEpoch(({ key }) => wake(key))

  const tooOld = (project: string, wanted: Cursor) => {
    const held = projects.get(project).state.version
    return ofrepProblem('NOT_CAUGHT_UP', { held, wanted: wanted.version })
  }
  const wait = async (project: string, wanted: Cursor) => {
    if (waiting.size >= MAX_WAITING) throw tooOld(project, wanted)
    await new Promise<void>((resolve, reject) => {
      const one = { project, wanted, resolve: () => settle(resolve) }
      const timer = setTimeout(() => settle(() => reject(tooOld(project, wanted))), maxWaitMs)
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

/** Parses a `flagConfigEtag`; clients may send it with the quotes of an ETag. */
export function parseConfigEtag(text: unknown): Cursor | undefined {
  return typeof text === 'string' ? parseCursor(text.replace(/^(?:W\/)?"(.*)"$/, '$1')) : undefined
}
