import { environmentOf } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import type { LiveProject, Projects } from '../projects/projects.ts'
import { repeat } from '../repeat.ts'
import { createHeldLease, type Term } from '../stores/held-lease.ts'
import type { Leases } from '../stores/leases.ts'
import type { Presence } from '../stores/presence.ts'
import type { Propagation } from '../streams/propagation.ts'
import type { Clocks } from '../time.ts'
import type { DecisionInput } from './advance-rollout.ts'
import type { RunHealth } from './observe.ts'
import { createTick, TICK_MS } from './tick.ts'
import type { Reason } from './transition.ts'

/** The verdicts on the runs of a rollout, from what SDKs have reported. */
export interface RolloutHealth {
  ofRun(scope: string): RunHealth
  readonly systemic: Reason | undefined
}

/** The parts of the server that the engine uses. */
export interface EngineParts extends Clocks {
  readonly projects: Projects
  readonly propagation: Propagation
  /** The SDKs of all servers; undefined where this is the only one. */
  readonly presence?: Presence | undefined
  readonly leases: Leases
  /** Reads the counts of a rollout and judges them. */
  readonly judge: (project: LiveProject, rollout: ProgressiveRollout) => Promise<RolloutHealth>
  /** Returns the reason why nothing may begin in a scope now: a freeze, business hours. */
  readonly closedIn: (project: LiveProject, scope: string, now: number) => Reason | undefined
  readonly onError: (error: unknown) => void
  /** Receives the duration of each tick, ms. */
  readonly onTick?: ((ms: number) => void) | undefined
}

/**
 * Advances the rollouts of all projects. Of several processes on one store, the holder of the lease
 * `rollouts` does it.
 */
export interface RolloutEngine {
  /** Commits the due transitions of every rollout in progress, if it has or gets the lease. */
  tick(): Promise<void>
  /** Returns all that a decision about a rollout depends on now. */
  inputOf(project: LiveProject, rollout: ProgressiveRollout): Promise<DecisionInput>
  /**
   * Starts to tick each second. Returns a function that stops it, waits for the last tick and
   * releases the lease.
   */
  start(): () => Promise<void>
}

/**
 * Only urgent transitions are made so soon after a grant of the lease, for rollouts from before it:
 * reports from the time without a holder are still on their way.
 */
const SETTLING_MS = 2 * 60 * 1_000

export function createRolloutEngine(parts: EngineParts): RolloutEngine {
  const { projects, judge, closedIn, now, elapsed, onError, onTick } = parts
  const lease = createHeldLease('rollouts', parts)
  const connectedIn = createConnectedScopes(parts)
  const isSettling = ({ startedAt }: ProgressiveRollout, { since, at }: Term, nowElapsed: number) =>
    nowElapsed - since < SETTLING_MS && Date.parse(startedAt) < at

  const inputOf: RolloutEngine['inputOf'] = async (project, rollout) => {
    // Before the facts are read: a step counts no time whose reports the facts may lack.
    const at = now()
    const nowElapsed = elapsed()
    const { ofRun, systemic } = await judge(project, rollout)
    const connected = await connectedIn(project.key)
    const term = lease.term()
    return {
      closed: (scope) => closedIn(project, scope, at),
      // An SDK with the key of an environment serves all of its instances.
      isConnected: (scope) => connected.has(scope) || connected.has(environmentOf(scope) ?? ''),
      health: ofRun,
      systemic,
      urgentOnly: term !== undefined && isSettling(rollout, term, nowElapsed),
      now: at,
    }
  }

  const tick = createTick({ projects, lease, inputOf, elapsed, onError })

  return {
    tick,
    inputOf,
    start() {
      const timedTick = async () => {
        const startedAt = elapsed()
        await tick()
        onTick?.(elapsed() - startedAt)
      }
      const stop = repeat(timedTick, TICK_MS)
      return async () => {
        await stop()
        await lease.release()
      }
    },
  }
}

/** The connected scopes of a project: one look at all SDKs for all of its rollouts. */
function createConnectedScopes({
  propagation,
  presence,
  elapsed,
}: Pick<EngineParts, 'propagation' | 'presence' | 'elapsed'>) {
  interface Look {
    readonly scopes: Promise<ReadonlySet<string>>
    readonly at: number
  }
  const known = new Map<string, Look>()
  const lookUp = async (project: string): Promise<ReadonlySet<string>> => {
    const own = propagation.connectedScopes(project)
    return presence === undefined ? own : new Set([...own, ...(await presence.recent(project))])
  }
  return (project: string): Promise<ReadonlySet<string>> => {
    const last = known.get(project)
    if (last !== undefined && elapsed() - last.at < TICK_MS / 2) return last.scopes
    const scopes = lookUp(project)
    known.set(project, { scopes, at: elapsed() })
    return scopes
  }
}
