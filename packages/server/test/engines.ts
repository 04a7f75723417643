import { setImmediate as nextTurn } from 'node:timers/promises'
import { onTestFinished, vi } from 'vitest'
import type { Projects } from '../src/projects/projects.ts'
import type { DecisionInput } from '../src/rollouts/advance-rollout.ts'
import { createRolloutEngine, type RolloutEngine } from '../src/rollouts/rollout-engine.ts'
import type { AppendTerms, ChangeLog } from '../src/stores/change-log.ts'
import type { Stores } from '../src/stores/stores.ts'
import type { Propagation } from '../src/streams/propagation.ts'
import { NOW, openShop } from './shop.ts'

/** Interval of ticks: longer than the engine's own, and short enough to keep a lease. */
export const TICK_MS = 4_000

/** Stops the clocks of the test; they start at {@link NOW} and move by `pass`. */
export function stopClocks(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse(NOW) })
  onTestFinished(() => void vi.useRealTimers())
}

export function pass(ms: number): void {
  vi.advanceTimersByTime(ms)
}

/** Lets time pass, in which engines tick. */
export async function run(ms: number, ...running: readonly EngineProcess[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += TICK_MS) {
    pass(TICK_MS)
    await nextTurn()
    for (const one of running) await one.tick()
  }
}

/** A change that an engine stored, and the facts that it decided on. */
export interface Stored {
  readonly change: Parameters<ChangeLog['append']>[1]
  readonly terms: AppendTerms
  readonly input: DecisionInput
}

/** A process with a rollout engine, on stores that it shares with others. */
export interface EngineProcess {
  readonly projects: Projects
  readonly engine: RolloutEngine
  /** Ticks, unless the last tick has not ended. Resolves at once while the process is paused. */
  tick(): Promise<void>
  readonly errors: readonly unknown[]
  readonly stored: readonly Stored[]
  /** Stops the process before its next append, and its monotonic clock now. */
  pause(): void
  resume(): void
}

/** @param inputAt the facts that a decision depends on at an instant */
export async function startEngine(
  stores: Stores,
  inputAt: (now: number) => DecisionInput,
): Promise<EngineProcess> {
  const errors: unknown[] = []
  const stored: Stored[] = []
  let input = inputAt(Date.now())
  let stoppedAt: number | undefined
  let stoppedMs = 0
  let gate = Promise.resolve()
  let open = () => {}

  const held =
    (append: ChangeLog['append']): ChangeLog['append'] =>
    async (log, change, terms = {}) => {
      await gate
      await append(log, change, terms)
      stored.push({ change, terms, input })
    }
  const { append, appendUrgent } = stores.log
  const log = { ...stores.log, append: held(append), appendUrgent: held(appendUrgent) }
  const { projects } = await openShop({ ...stores, log }, { now: () => Date.now() })
  const engine = createRolloutEngine({
    projects,
    propagation: {
      connectedScopes: () => new Set(['production']),
    } as Partial<Propagation> as Propagation,
    presence: stores.presence,
    leases: stores.leases,
    async judge() {
      input = inputAt(Date.now())
      return { ofRun: input.health, systemic: input.systemic }
    },
    closedIn: () => undefined,
    now: () => Date.now(),
    elapsed: () => (stoppedAt ?? performance.now()) - stoppedMs,
    onError: (error) => errors.push(error),
  })
  let ticking: Promise<void> | undefined
  return {
    async tick() {
      ticking ??= engine.tick().finally(() => {
        ticking = undefined
      })
      if (stoppedAt === undefined) await ticking
    },
    projects,
    engine,
    errors,
    stored,
    pause() {
      if (stoppedAt !== undefined) return
      stoppedAt = performance.now()
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    resume() {
      if (stoppedAt === undefined) return
      stoppedMs += performance.now() - stoppedAt
      stoppedAt = undefined
      open()
    },
  }
}
