import { type ProjectState, parseScope } from '@flaghoist/core/model'
import type { Environment, Instance } from '@flaghoist/core/schema'
import { memoise } from '../memoise.ts'
import { DAY_MS } from '../time.ts'
import { type Closure, closuresOf } from './closures.ts'
import { instanceIn } from './frozen.ts'
import type { Period } from './periods.ts'

/** The permission of rollouts to advance in a scope, and the time for which it holds. */
export type WorkTime = OpenTime | ClosedTime

interface OpenTime {
  readonly isOpen: true
  /** Epoch ms of the next closing; infinite if nothing closes the scope. */
  readonly until: number
}

interface ClosedTime {
  readonly isOpen: false
  /** Epoch ms of the opening; infinite if none is in sight. */
  readonly until: number
  /** The stable code, and one sentence for people. */
  readonly reason: { readonly code: Closure['code']; readonly text: string }
}

/** An answer for a scope. It holds within its time, for the same freezes. */
interface Answer extends Period {
  readonly freezes: ProjectState['freezes']
  readonly work: WorkTime
}

/** The latest answers for an instance, or for an environment itself, by environment. */
const answersOf = memoise((_: Instance | Environment) => new Map<string, Answer>())

/** The most closings in a row that are looked through for an opening. */
const MAX_CLOSINGS = 100

/**
 * Returns whether rollouts may advance in a scope: no freeze is in force there, and it is within
 * the business hours of the instance. A repeated question costs a look-up.
 * @param scope an environment, or an instance in one
 * @param at epoch ms
 */
export function workAllowedAt(state: ProjectState, scope: string, at: number): WorkTime {
  const { environment = '' } = parseScope(scope)
  const owner = instanceIn(state, scope) ?? state.environments.get(environment)
  const answers = owner && answersOf(owner)
  const known = answers?.get(environment)
  if (known?.freezes === state.freezes && known.from <= at && at < known.to) return known.work
  const work = workTime(closuresOf(state, scope), at)
  // A long wait is computed again: one without an end in sight may have one later.
  const to = Math.min(work.until, at + DAY_MS)
  answers?.set(environment, { freezes: state.freezes, from: at, to, work })
  return work
}

/** Returns the reason why rollouts may not advance in a scope; undefined if they may. */
export function closedReason(
  state: ProjectState,
  scope: string,
  at: number,
): ClosedTime['reason'] | undefined {
  const work = workAllowedAt(state, scope, at)
  return work.isOpen ? undefined : work.reason
}

function workTime(closures: readonly Closure[], at: number): WorkTime {
  const phases = closures.map((closure) => ({ closure, phase: closure.phaseAt(at) }))
  const closed = phases.filter(({ closure, phase }) => closure.isClosed(phase))
  if (closed.length === 0) {
    const ends = phases.map(({ phase }) => phase.until)
    return { isOpen: true, until: Math.min(Number.POSITIVE_INFINITY, ...ends) }
  }
  // The reason is the freeze that ends last; the hours only without a freeze.
  const { closure, phase } = closed.reduce((one, other) =>
    other.closure.code === one.closure.code && other.phase.until > one.phase.until ? other : one,
  )
  const reason = { code: closure.code, text: closure.text(phase.until) }
  return { isOpen: false, until: openingAfter(closures, at), reason }
}

/** Returns the first instant at which nothing closes a scope; infinite if none is in sight. */
function openingAfter(closures: readonly Closure[], at: number): number {
  let time = at
  for (let i = 0; i < MAX_CLOSINGS && Number.isFinite(time); i += 1) {
    const closed = closures.flatMap((closure) => {
      const phase = closure.phaseAt(time)
      return closure.isClosed(phase) ? [phase.until] : []
    })
    if (closed.length === 0) return time
    time = Math.max(...closed)
  }
  return Number.POSITIVE_INFINITY
}
