import { expect, onTestFinished, test, vi } from 'vitest'
import type { RelayKeys } from './relay-keys.ts'
import { createRelayedTargets } from './relayed-targets.ts'
import type { Relayed, Upstreams } from './upstreams.ts'

const KEY = { keyId: 'k1', kind: 'server', secret: 'fh_server_1' } as const
const WAIT_MS = 3_000

/** Connections to an upstream that is silent, and the limits of the waits for it. */
function givenSilence() {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const limits: number[] = []
  const settled = async (limitMs: number) => {
    limits.push(limitMs)
    vi.advanceTimersByTime(WAIT_MS)
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
    // An SDK gives up a request after five seconds.
    expect(first).toBeLessThan(5_000)
    expect(second).toBeLessThanOrEqual(first - WAIT_MS)
  },
)
