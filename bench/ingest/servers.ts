import { fileURLToPath } from 'node:url'
import { type Program, startFlaghoistServer, startProgram } from '../server.ts'
import { FLAGS } from './batches.ts'

/** A server that is ready to receive reports. */
export interface Target extends Program {
  readonly name: string
  readonly key: string
  readonly revision: number
}

export async function startFloor(): Promise<Target> {
  const floor = fileURLToPath(new URL('./floor.ts', import.meta.url))
  const program = await startProgram([floor])
  return { ...program, name: 'Fastify + zod, discarded', key: 'none', revision: 1 }
}

/** Flaghoist with one flag per item of a batch. */
export async function startFlaghoist(): Promise<Target> {
  const server = await startFlaghoistServer({
    FLAGHOIST_SERVER_EVENTS: '1000000000',
    // A sample would soon store one of 16 users, and hide the cost of the others.
    FLAGHOIST_SAMPLE_UNITS: '0',
  })
  for (const flag of FLAGS) {
    await server.ask('POST', 'flags', { key: flag })
    // The server stores units only of rollouts and splits, in the arm of their bucket.
    const layer = { on: true, rollout: { percent: 100 } }
    await server.ask('PUT', `flags/${flag}/layers/production`, layer)
  }
  const key = await server.makeKey('production')
  const { version } = await server.ask<{ version: number }>(
    'GET',
    '/sdk/v1/ruleset',
    undefined,
    key,
  )
  return { ...server, name: 'Flaghoist, stored in SQLite', key, revision: version }
}
