import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../server.ts'

/** The duration of a request, and the longest that another one waited meanwhile, ms. */
export interface Blocked {
  readonly ms: number
  readonly longest: number
}

/** Sends one request, and /livez all the time until it is answered. */
export async function measureBlocks(
  { url }: Program,
  send: () => Promise<unknown>,
): Promise<Blocked> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let isDone = false
  let longest = 0
  const ask = async () => {
    while (!isDone) {
      const startedAt = performance.now()
      await livez(url, agent)
      longest = Math.max(longest, performance.now() - startedAt)
      await sleep(1)
    }
  }
  await livez(url, agent)
  const asking = ask()
  const startedAt = performance.now()
  try {
    await send()
  } finally {
    isDone = true
    await asking
    agent.destroy()
  }
  return { ms: performance.now() - startedAt, longest }
}

function livez(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${url}/livez`, { agent }, (response) => {
      response.resume().on('end', resolve)
    }).on('error', reject)
  })
}
