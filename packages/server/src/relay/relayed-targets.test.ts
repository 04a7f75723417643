import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { RelayKeys } from './relay-keys.ts'
import { createRelayedTargets } from './relayed-targets.ts'
import type { Relayed, Upstreams } from './upstreams.ts'

const KEY = { keyId: 'k1', kind: 'server', secret: 'fh_server_1' } as const
const WAIT_MS = 40

/** Connections to an upstream that is silent, and the limits of the waits for it. */
function givenSilence() {
  const limits: number[] = []
  const settled = async (limitMs: number) => {
    limits.push(limitMs)
    await sleep(WAIT_MS)
  }
  const upstream = { refusal: undefined, settled, status: () => ({}) }
  const open = () => ({ key: KEY, upstream, target: undefined }) as unknown as Relayed
  const upstreams = { open, refusalOf: () => undefined, isKnown: () => true }
  const keys = { byId: () => KEY } as unknown as RelayKeys
  return { limits, targets: createRelayedTargets(upstreams as unknown as Upstreams, keys) }
}

test.each([{}, { scope: 'production' }])(
  'all waits of a request have one limit: %o',
  async (query) => {
    const { limits, targets } = givenSilence()
    const caller = { ...KEY, project: 'shop' }

    await expect(targets.find(caller as never, query)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
    })

    const [first, second] = limits as [number, number]
    // An SDK gives up a request after five seconds. A timer may end a millisecond early.
    expect(first).toBeLessThan(5_000)
    expect(second).toBeLessThanOrEqual(first - WAIT_MS + 1)
  },
)
