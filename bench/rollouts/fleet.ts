import { setTimeout as wait } from 'node:timers/promises'
import type { FlaghoistServer } from '../server.ts'

/** The size of the fleet: each rollout has one run in each instance. */
export interface FleetSize {
  readonly rollouts: number
  readonly instances: number
}

export const ENVIRONMENT = 'production'
export const instanceName = (i: number) => `shop-${i}`
export const flagName = (i: number) => `feature-${i}`

/** One wave that stays at 10 % for the whole benchmark. */
const PLAN = {
  waves: [
    {
      name: 'All',
      instances: { rest: true },
      steps: [{ audience: { share: 10 }, minMinutes: 600, minUnits: 0, gate: 'healthy' }],
    },
  ],
  failBudget: 500,
}

/** Creates the instances and the flags, which are on and serve the old path. */
export async function createFleet(server: FlaghoistServer, size: FleetSize): Promise<void> {
  for (let i = 0; i < size.instances; i += 1)
    await server.ask('POST', 'instances', { key: instanceName(i) })
  for (let i = 0; i < size.rollouts; i += 1) {
    await server.ask('POST', 'flags', { key: flagName(i) })
    await server.ask('PUT', `flags/${flagName(i)}/layers/${ENVIRONMENT}`, {
      on: true,
      fallthrough: { variant: 'off' },
    })
  }
}

/** Starts a rollout of each flag, and waits until all of their runs serve the first step. */
export async function startRollouts(server: FlaghoistServer, size: FleetSize): Promise<void> {
  for (let i = 0; i < size.rollouts; i += 1)
    await server.ask('POST', 'rollouts', {
      key: flagName(i),
      flag: flagName(i),
      environment: ENVIRONMENT,
      plan: PLAN,
    })
  for (let i = 0; i < size.rollouts; )
    if ((await statesOf(server, flagName(i), size)).exposing === size.instances) i += 1
    else await wait(500)
}

/** Counts the instances of a rollout by the states of their runs. */
export async function statesOf(
  server: FlaghoistServer,
  rollout: string,
  { instances }: FleetSize,
): Promise<Readonly<Record<string, number>>> {
  const { runs } = await server.ask<{ runs: { scope: string; state: string }[] }>(
    'GET',
    `rollouts/${rollout}`,
  )
  const counts: Record<string, number> = { instances }
  for (const { scope, state } of runs)
    if (scope !== ENVIRONMENT) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
