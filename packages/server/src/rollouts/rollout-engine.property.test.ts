import { canonicalJson, runAtOnce } from '@flaghoist/core/internal'
import { applyAll, EMPTY_STATE, type ProjectState } from '@flaghoist/core/model'
import type { Change, LoggedEdit, ProgressiveRollout } from '@flaghoist/core/schema'
import { beforeEach, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  type EngineProcess,
  pass,
  run,
  type Stored,
  startEngine,
  stopClocks,
  TICK_MS,
} from '../../test/engines.ts'
import { NOW } from '../../test/shop.ts'
import { updateLayer } from '../flags/layers/plan.ts'
import { killFlag, restoreFlag } from '../kill/plan.ts'
import { completeEdits } from '../projects/checks.ts'
import { planInSteps } from '../projects/plan-in-steps.ts'
import type { Write } from '../projects/projects.ts'
import type { Leases } from '../stores/leases.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import type { Stores } from '../stores/stores.ts'
import { actOnRuns } from './actions.ts'
import { type DecisionInput, viewOf } from './advance-rollout.ts'
import { decide } from './decide.ts'
import { pauseRollout, resumeRollout } from './rollout-actions.ts'
import {
  givenRolloutShop,
  healthy,
  ORIGIN,
  PLAN,
  regressedIn,
  step,
  TARGET,
} from './rollouts-fixture.ts'
import { transitionWrite } from './transition-write.ts'

const SETTLING_MS = 120_000
const SCOPES = ['production', ...['acme', 'globex'].map((key) => `production/${key}`)]
const scopes = fc.constantFrom(...SCOPES)
const engines = fc.constantFrom(0, 1)
const flagIn = (scope: string) => ({ project: 'shop', flag: 'search', scopes: [scope] })

const STEPS = [step(10, { minMinutes: 1 }), step(50, { minMinutes: 1 })]
const PLAN_OF_MINUTES = { ...PLAN, waves: PLAN.waves.map((one) => ({ ...one, steps: STEPS })) }

/** Edits of a person, to the rollout and to its flag. */
const edits: fc.Arbitrary<Write> = fc.oneof(
  fc.constantFrom(pauseRollout(TARGET, ORIGIN), resumeRollout(TARGET, ORIGIN)),
  fc
    .tuple(
      fc.constantFrom('hold', 'resume', 'advance', 'rollback', 'retry', 'skip', 'adopt'),
      scopes,
    )
    .map(([action, scope]) => actOnRuns(TARGET, action as 'hold', { scopes: [scope] }, ORIGIN)),
  scopes.map((scope) =>
    killFlag(flagIn(scope), { at: NOW, by: 'Ada', reason: '' }, { name: 'Ada', scope: undefined }),
  ),
  scopes.map((scope) => restoreFlag(flagIn(scope), undefined, undefined)),
  scopes.map((scope) =>
    updateLayer({ project: 'shop', flag: 'search', scope }, { rollout: { percent: 33 } }),
  ),
)
/** The events of one moment. Both engines tick then, unless they are paused. */
const moments = fc.array(
  fc.record({
    /** Time before it, in which the engines tick. */
    ms: fc.constantFrom(0, 0, 60_000, 60_000, SETTLING_MS),
    /** Time just before it, in which they do not. */
    jumpMs: fc.constantFrom(0, 0, 0, TICK_MS, 11_000),
    edit: fc.option(edits, { freq: 3, nil: undefined }),
    event: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      fc.record({ what: fc.constantFrom('pause', 'resume', 'kill'), engine: engines }),
    ),
  }),
  { minLength: 15, maxLength: 35 },
)

/** The stores of one process, which records the grants of leases with their times. */
function recordGrants(stores: Stores, grants: Map<number, number>): Stores {
  const acquire: Leases['acquire'] = async (...wish) => {
    const fence = await stores.leases.acquire(...wish)
    if (fence !== undefined) grants.set(fence.number, Date.now())
    return fence
  }
  return { ...stores, leases: { ...stores.leases, acquire } }
}

const bytesOf = (parts: readonly Pick<LoggedEdit, 'kind' | 'key'>[]) =>
  canonicalJson(
    parts.map(({ kind, key, ...rest }) => ({
      kind,
      key,
      after: (rest as { after?: unknown }).after,
    })),
  )

/** Checks that the decision of a state and its facts leads to the edits of a change. */
async function isDecided(
  state: ProjectState,
  { edits: made }: Change,
  input: DecisionInput,
): Promise<boolean> {
  const rollout = state.rollouts.get(TARGET.key)!
  const at = new Date(input.now).toISOString()
  const { urgent, others } = decide(viewOf(state, rollout, input))
  for (const transition of [...urgent, ...others]) {
    const planned = runAtOnce(planInSteps(transitionWrite(TARGET, transition, at), state))
    if (bytesOf(await completeEdits(state, planned)) === bytesOf(made)) return true
  }
  return false
}

function isSettling({ startedAt }: ProgressiveRollout, grantedAt: number, now: number): boolean {
  return Date.parse(startedAt) < grantedAt && now - grantedAt < SETTLING_MS
}

beforeEach(stopClocks)

test('two engines, a person, pauses and kills leave a log in which each step was due, once', async ({
  annotate,
}) => {
  const counted = { changes: 0, terms: 0 }
  await fc.assert(
    fc.asyncProperty(moments, fc.nat(3_600_000), async (plan, regressesAfter) => {
      const memory = createMemory()
      const grants = new Map<number, number>()
      const began = Date.now()
      const inputAt = (now: number): DecisionInput => ({
        ...(now - began < regressesAfter ? healthy() : regressedIn('production/globex')),
        now,
      })
      const startOne = () => startEngine(recordGrants(createMemoryStores(memory), grants), inputAt)
      const { stores, start, commit } = await givenRolloutShop([], createMemoryStores(memory))
      await start({ plan: PLAN_OF_MINUTES })
      const processes: [EngineProcess, EngineProcess] = [await startOne(), await startOne()]
      const all: EngineProcess[] = [...processes]
      for (const { ms, jumpMs, edit, event } of plan) {
        await run(ms, ...processes)
        pass(jumpMs)
        const ticks = processes.map((one) => one.tick())
        await Promise.all([...ticks, edit && commit(edit).catch(() => undefined)])
        if (event?.what === 'pause') processes[event.engine]!.pause()
        if (event?.what === 'resume') processes[event.engine]!.resume()
        if (event?.what !== 'kill') continue
        processes[event.engine]!.pause()
        const next = await startOne()
        processes[event.engine] = next
        all.push(next)
      }

      const stored = new Map<string, Stored>()
      for (const one of all) for (const entry of one.stored) stored.set(entry.change.hash, entry)
      expect(all.flatMap(({ errors }) => errors)).toEqual([])
      let state = EMPTY_STATE
      const fences: number[] = []
      for (const change of await stores.log.read('shop', 0, 10_000)) {
        const made = stored.get(change.hash)
        if (made !== undefined) {
          const { number } = made.terms.fence!
          fences.push(number)
          const rollout = state.rollouts.get('r1')!
          const urgentOnly = isSettling(rollout, grants.get(number)!, made.input.now)
          if (!(await isDecided(state, change, { ...made.input, urgentOnly })))
            throw new Error(`change ${change.seq} was not due: ${JSON.stringify(change, null, 1)}`)
        }
        state = applyAll(state, [change])
      }
      expect(fences).toEqual(fences.toSorted((a, b) => a - b))
      counted.changes += fences.length
      counted.terms += grants.size
    }),
    { numRuns: 30 },
  )
  // Enough was decided for the property to mean something.
  expect(counted.changes).toBeGreaterThan(60)
  await annotate(JSON.stringify(counted))
})
