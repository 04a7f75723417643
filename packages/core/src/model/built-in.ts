import type { Metric, Plan, Step } from '../schema/index.ts'
import type { ProjectState } from './state.ts'

/** The metrics that every project has. A stored metric with the same key replaces one. */
export const BUILT_IN_METRICS: readonly Metric[] = [
  { key: 'error', name: 'Errors', kind: 'failure', margin: 0, role: 'guardrail' },
  // A unit that never reports that it is still there counts as a failure.
  { key: 'alive', name: 'Vanished users', kind: 'absence', margin: 0, role: 'guardrail' },
  {
    key: 'latency',
    name: 'Latency',
    kind: 'measurement',
    direction: 'lower',
    unit: 'ms',
    margin: 5,
    role: 'guardrail',
  },
]

/** The plans that every project has. A stored plan with the same key replaces one. */
export const BUILT_IN_PLANS: readonly Plan[] = [
  {
    key: 'cautious',
    name: 'Cautious: days, with an approval in the last wave',
    waves: [
      {
        name: 'First customers',
        instances: { percent: 5 },
        steps: [step(1, 60, 500), step(10, 120, 500), step(50, 240, 1_000)],
      },
      {
        name: 'A third of the customers',
        instances: { percent: 35 },
        atOnce: 5,
        steps: [step(10, 60, 500), step(50, 240, 1_000)],
      },
      {
        name: 'All other customers',
        instances: { rest: true },
        atOnce: 10,
        steps: [{ ...step(10, 60, 500), gate: 'manual' }, step(50, 240, 1_000)],
      },
    ],
    onRegression: 'rollback',
    failBudget: 0,
    holdback: { percent: 5, hours: 24 },
  },
  {
    key: 'standard',
    name: 'Standard: a working day',
    waves: [
      {
        name: 'First customers',
        instances: { percent: 10 },
        steps: [step(5, 10, 200), step(25, 30, 500), step(50, 60, 500)],
      },
      {
        name: 'All other customers',
        instances: { rest: true },
        steps: [step(10, 10, 200), step(50, 60, 500)],
      },
    ],
    onRegression: 'rollback',
    failBudget: 1,
    holdback: { percent: 5, hours: 24 },
  },
  {
    key: 'fast',
    name: 'Fast: within the hour',
    waves: [
      {
        name: 'All customers',
        instances: { rest: true },
        steps: [step(10, 5, 100), step(50, 15, 200)],
      },
    ],
    onRegression: 'rollback',
    failBudget: 2,
    holdback: null,
  },
]

/** Returns the metrics of a project by their keys, the built-in ones first. */
export function metricsOf({ metrics }: ProjectState): ReadonlyMap<string, Metric> {
  return withBuiltIn(BUILT_IN_METRICS, metrics)
}

/** Returns the plans of a project by their keys, the built-in ones first. */
export function plansOf({ plans }: ProjectState): ReadonlyMap<string, Plan> {
  return withBuiltIn(BUILT_IN_PLANS, plans)
}

function withBuiltIn<E extends { readonly key: string }>(
  builtIn: readonly E[],
  stored: ReadonlyMap<string, E>,
): ReadonlyMap<string, E> {
  return new Map([...builtIn.map((entity) => [entity.key, entity] as const), ...stored])
}

function step(share: number, minMinutes: number, minUnits: number): Step {
  return { audience: { share }, minMinutes, minUnits, gate: 'healthy' }
}
