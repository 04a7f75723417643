import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import type { LiveProject, Projects } from '../projects/projects.ts'
import type { HeldLease, Term } from '../stores/held-lease.ts'
import { isLeaseLost } from '../stores/leases.ts'
import {
  commitTransition,
  type DecisionInput,
  type DueTransition,
  decideIn,
} from './advance-rollout.ts'
import type { RolloutTarget } from './find-rollout.ts'

export const TICK_MS = 1_000
/**
 * Time after which a tick begins no further transition that is not urgent. A regression that is
 * reported meanwhile waits for the next tick, not for all of them.
 */
const BURST_MS = 0.6 * TICK_MS
/** Time after which other work gets a turn. A kill needs several turns, and waits for each. */
const TURN_MS = 1
/** Time for which a rollout rests after a failure, so that one fault is reported now and then. */
const REST_MS = 10_000

export interface TickParts {
  readonly projects: Projects
  readonly lease: HeldLease
  /** Returns all that a decision about a rollout depends on now. */
  readonly inputOf: (project: LiveProject, rollout: ProgressiveRollout) => Promise<DecisionInput>
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
  readonly onError: (error: unknown) => void
}

/** A transition, and the term of the lease under which it was decided. */
interface Due extends DueTransition {
  readonly term: Term
}

/**
 * Creates the function that decides on every rollout and commits the urgent transitions on the way,
 * then the others. The next call decides again, and begins with those that were not reached in
 * time.
 */
export function createTick({
  projects,
  lease,
  inputOf,
  elapsed,
  onError,
}: TickParts): () => Promise<void> {
  const attempt = createAttempts(elapsed, (error) => {
    if (isLeaseLost(error)) lease.lose()
    else onError(error)
  })
  const commit = (due: Due) =>
    attempt(due.target, async () => {
      // After a hand-over and back, a transition that is not urgent would come too soon.
      if (lease.term() === due.term) await commitTransition(projects, due, due.term.fence)
    })
  const decideOn = async (project: LiveProject, rollout: ProgressiveRollout) => {
    const due: { urgent: readonly Due[]; others: readonly Due[] } = { urgent: [], others: [] }
    if (rollout.endedAt !== undefined) return due
    const target = { project: project.key, key: rollout.key }
    await attempt(target, async () => {
      const input = await inputOf(project, rollout)
      const term = lease.term()
      if (term === undefined) return
      const { urgent, others } = decideIn(project.state, target, input)
      due.urgent = urgent.map((transition) => ({ target, input, transition, term }))
      due.others = others.map((transition) => ({ target, input, transition, term }))
    })
    return due
  }

  /** The name of the first transition that the last burst did not reach. */
  let unreached: string | undefined

  return async () => {
    const isOver = createTurns(lease, elapsed)
    if ((await lease.keep()) === undefined) return
    const waiting: Due[] = []
    for (const project of projects.list())
      for (const rollout of project.state.rollouts.values()) {
        const { urgent, others } = await decideOn(project, rollout)
        waiting.push(...others)
        for (const due of urgent) {
          await commit(due)
          if (await isOver()) return
        }
        if (await isOver()) return
      }
    const ordered = startingAt(waiting, unreached)
    unreached = undefined
    const decidedAt = elapsed()
    for (const [i, due] of ordered.entries()) {
      await commit(due)
      if (!(await isOver()) && elapsed() - decidedAt < BURST_MS) continue
      const following = ordered[i + 1]
      unreached = following && nameOf(following)
      return
    }
  }
}

/**
 * Rotates transitions, so that a named one is the first. Those that a policy refuses are due in
 * every tick, and would otherwise use up the time of every burst.
 */
function startingAt(list: readonly Due[], name: string | undefined): readonly Due[] {
  const start = list.findIndex((due) => nameOf(due) === name)
  return start === -1 ? list : [...list.slice(start), ...list.slice(0, start)]
}

/** Returns the place of a transition, which outlasts its reason. */
function nameOf({ target: { project, key }, transition }: Due): string {
  const scope = transition.kind === 'run' ? transition.run.scope : ''
  return `${project} ${key} ${transition.kind} ${scope}`
}

/** Returns a function that works on a rollout: one that fails must not hold up the others. */
function createAttempts(elapsed: () => number, onError: (error: unknown) => void) {
  /** Times until which rollouts rest after a failure. */
  const restUntil = new Map<string, number>()
  return async ({ project, key }: RolloutTarget, work: () => Promise<void>): Promise<void> => {
    const name = `${project} ${key}`
    if (elapsed() < (restUntil.get(name) ?? 0)) return
    try {
      await work()
    } catch (error) {
      if (!isLeaseLost(error)) restUntil.set(name, elapsed() + REST_MS)
      onError(error)
    }
  }
}

/**
 * Returns a function that gives other work a turn, and renews the lease, because a long tick
 * outlasts it. Resolves to true once this process does not have the lease.
 */
function createTurns(lease: HeldLease, elapsed: () => number): () => Promise<boolean> {
  let since = elapsed()
  return async () => {
    if (elapsed() - since < TURN_MS) return lease.term() === undefined
    await nextTurn()
    since = elapsed()
    return (await lease.keep()) === undefined
  }
}
