import { setTimeout as wait } from 'node:timers/promises'
import { createFlags } from '@flaghoist/node'
import type { FlaghoistServer } from '../server.ts'
import { ENVIRONMENT } from './fleet.ts'

const VICTIM = 'victim'

/** A flag in no rollout that is killed and restored, and an SDK that observes it. */
export interface Victim {
  /** Kills and restores the flag. @returns ms from the request to an SDK on the old path */
  kill(): Promise<number>
  close(): Promise<void>
}

export async function createVictim(server: FlaghoistServer): Promise<Victim> {
  await server.ask('POST', 'flags', { key: VICTIM })
  await server.ask('PUT', `flags/${VICTIM}/layers/${ENVIRONMENT}`, { on: true })
  const sdk = createFlags({ url: server.url, key: await server.makeKey(ENVIRONMENT) })
  await sdk.ready()
  const killed = () =>
    new Promise<void>((resolve) => {
      const leave = sdk.on('change', () => {
        if (sdk.isEnabled(VICTIM, { targetingKey: 'user' })) return
        leave()
        resolve()
      })
    })
  return {
    async kill() {
      const began = performance.now()
      const observed = killed().then(() => performance.now() - began)
      const [ms] = await Promise.all([observed, server.ask('POST', `flags/${VICTIM}/kill`, {})])
      await server.ask('POST', `flags/${VICTIM}/restore`, {})
      return ms
    },
    close: () => sdk.close(),
  }
}

/** Kills two flags in turn, at moments that are spread over the ticks of the engine. */
export async function killInTurn(
  [a, b]: readonly [Victim, Victim],
  kills: number,
): Promise<readonly [number[], number[]]> {
  const times: [number[], number[]] = [[], []]
  for (let i = 0; i < kills; i += 1) {
    await wait(Math.random() * 100)
    times[0].push(await a.kill())
    await wait(Math.random() * 100)
    times[1].push(await b.kill())
  }
  return times
}
