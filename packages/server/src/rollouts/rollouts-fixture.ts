import { compile, type ProjectState } from '@flaghoist/core/model'
import type { RolloutRun, Step } from '@flaghoist/core/schema'
import { flag, givenShop, instance, NOW, on, writeOf } from '../../test/shop.ts'
import type { PlannedEdit, Projects, Write } from '../projects/projects.ts'
import type { Stores } from '../stores/stores.ts'
import { commitTransition, type DecisionInput, decideIn } from './advance-rollout.ts'
import { runsOf } from './find-rollout.ts'
import type { RolloutInput } from './schemas.ts'
import { startRollout } from './start-rollout.ts'
import type { Transition } from './transition.ts'

export const TARGET = { project: 'shop', key: 'r1' }
export const ORIGIN = { by: 'Ada', at: NOW, bound: undefined }

export const step = (share: number, parts: Partial<Step> = {}): Step => ({
  audience: { share },
  minMinutes: 10,
  minUnits: 100,
  gate: 'healthy',
  ...parts,
})

/** Pilots first, then all others, each by 10 % and 50 %. */
export const PLAN = {
  name: 'Pilots first',
  waves: [
    { name: 'Pilots', instances: { tags: { tier: 'pilot' } }, steps: [step(10), step(50)] },
    { name: 'All others', instances: { rest: true as const }, steps: [step(10), step(50)] },
  ],
  onRegression: 'rollback' as const,
  failBudget: 1,
  holdback: null,
}

/** A shop with four instances, of which acme is a pilot, and a flag that is off. */
export async function givenRolloutShop(edits: readonly PlannedEdit[] = [], onStores?: Stores) {
  const { projects, stores } = await givenShop(onStores)
  await projects.commit(
    ...writeOf([
      instance('initech', { owner: 'x' }),
      instance('umbrella'),
      flag('search'),
      on('search', '*', { on: false, off: 'off' }),
      ...edits,
    ]),
  )
  const [, caller] = writeOf([])
  const commit = async (write: Write) => {
    await projects.commit(write, caller)
  }
  const start = (input: Partial<RolloutInput> = {}) =>
    commit(
      startRollout(
        'shop',
        { key: 'r1', flag: 'search', environment: 'production', plan: PLAN, ...input },
        ORIGIN,
      ),
    )
  return { projects, stores, commit, start }
}

/** Surroundings in which everything is healthy, and every step has lasted long enough. */
export function healthy(parts: Partial<DecisionInput> = {}): DecisionInput {
  return {
    closed: () => undefined,
    isConnected: () => true,
    health: () => ({
      minutes: 1_000,
      units: 1_000_000,
      verdict: { action: 'clear', reason: { code: 'cleared', text: 'Harm is ruled out.' } },
    }),
    urgentOnly: false,
    now: Date.parse(NOW),
    ...parts,
  }
}

/** Surroundings in which every run in its last stage is safe to stop watching. */
export function safe(): DecisionInput {
  const reason = { code: 'safe', text: 'A quiet day.' }
  const health = { minutes: 1_000, units: 1_000_000, verdict: { action: 'clear' as const, reason } }
  return healthy({ health: () => health })
}

/** Surroundings in which one scope regresses. */
export function regressedIn(scope: string): DecisionInput {
  const { health, ...others } = healthy()
  const verdict = {
    action: 'regressed' as const,
    reason: { code: 'regressed', text: 'It fails for 4% of users.' },
  }
  return {
    ...others,
    health: (one) => (one === scope ? { ...health(one), verdict } : health(one)),
  }
}

const FENCE = { lease: 'rollouts', number: 1 } as const

/**
 * Advances a rollout some times, each a number of hours after its latest transition.
 * @returns the committed transitions
 */
export async function advance(
  projects: Projects,
  input: DecisionInput,
  { times = 1, hours = 7 * 24 } = {},
): Promise<readonly Transition[]> {
  const made: Transition[] = []
  for (let i = 0; i < times; i += 1) {
    const runs = runsOf(projects.get('shop').state, 'r1')
    const latest = Math.max(input.now, ...runs.map(({ since }) => Date.parse(since)))
    const now = latest + hours * 3_600_000
    const facts = { target: TARGET, input: { ...input, now } }
    const { urgent, others } = decideIn(projects.get('shop').state, TARGET, facts.input)
    for (const transition of [...urgent, ...others])
      if (await commitTransition(projects, { ...facts, transition }, FENCE)) made.push(transition)
  }
  return made
}

/** Advances a rollout until nothing is due. */
export async function advanceAll(projects: Projects, input: DecisionInput): Promise<void> {
  for (let i = 0; i < 100; i += 1) if ((await advance(projects, input)).length === 0) return
  throw new Error('the rollout does not come to rest')
}

export function statesOf(state: ProjectState): Record<string, RolloutRun['state']> {
  return Object.fromEntries(runsOf(state, 'r1').map((run) => [run.scope, run.state]))
}

/** The flag as SDKs of a scope receive it, without its revision. */
export function servedIn(state: ProjectState, scope: string): unknown {
  const { flags } = compile(state, { scope, audience: 'server', epoch: 'e' })
  const { revision: _, instances: __, ...served } = flags.search!
  return served
}
