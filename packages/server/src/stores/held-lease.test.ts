import { expect, test } from 'vitest'
import { createHeldLease, type HeldLease } from './held-lease.ts'
import type { Leases } from './leases.ts'
import { createLeaseMemory } from './memory/memory-leases.ts'

/** Processes that want the same lease, each with a clock that the test can stop. */
function given() {
  const store = { at: 0 }
  const { leases } = createLeaseMemory({ now: () => store.at, elapsed: () => store.at })
  const clocks: { at: number; isStopped: boolean }[] = []
  const errors: unknown[] = []
  const process = (wrap: (leases: Leases) => Leases = (one) => one) => {
    const clock = { at: store.at, isStopped: false }
    clocks.push(clock)
    const elapsed = () => clock.at
    const lease = createHeldLease('rollouts', {
      leases: wrap(leases),
      now: elapsed,
      elapsed,
      onError: (error) => errors.push(error),
    })
    return { lease, clock }
  }
  const pass = (ms: number) => {
    for (const clock of [store, ...clocks])
      if (!('isStopped' in clock && clock.isStopped)) clock.at += ms
  }
  /** Lets time pass as processes do that keep their lease each second. */
  const run = async (seconds: number, ...kept: readonly HeldLease[]) => {
    for (let i = 0; i < seconds; i += 1) {
      pass(1_000)
      for (const one of kept) await one.keep()
    }
  }
  return { process, pass, run, errors }
}

test('a process keeps its lease for as long as it runs', async () => {
  const { process, run } = given()
  const { lease: one } = process()
  const { lease: other } = process()
  const term = await one.keep()
  await run(60, one, other)

  expect(one.term()).toEqual(term)
  expect(other.term()).toBeUndefined()
})

test('another process takes over within 11 s of a kill, and at once after a release', async () => {
  const { process, run } = given()
  const { lease: killed } = process()
  const { lease: one } = process()
  const { lease: other } = process()
  const first = await killed.keep()
  await run(10, one)
  const second = one.term()
  await one.release()

  expect(second!.fence.number).toBeGreaterThan(first!.fence.number)
  expect(await other.keep()).toMatchObject({ since: 10_000, at: 10_000 })
  expect(one.term()).toBeUndefined()
})

test('a term ends before the store lets another process in, also while the store fails', async () => {
  const { process, pass, run, errors } = given()
  const failing = { renew: async () => Promise.reject(new Error('the store is gone')) }
  const { lease } = process((leases) => ({ ...leases, ...failing }))
  const { lease: other } = process()
  await lease.keep()
  await run(7, lease)
  expect(lease.term()).toBeDefined()
  pass(1_000)
  expect(lease.term()).toBeUndefined()
  expect(await other.keep()).toBeUndefined()
  await run(20, lease)

  expect(lease.term()).toBeUndefined()
  expect(errors).toHaveLength(3)
})

test('a process whose clock stopped loses the lease to another, and waits for the next', async () => {
  const { process, run } = given()
  const { lease: paused, clock } = process()
  const { lease: other } = process()
  const term = await paused.keep()
  clock.isStopped = true
  await run(11, other)
  clock.isStopped = false

  expect(paused.term()).toEqual(term)
  paused.lose()
  expect(await paused.keep()).toBeUndefined()
  await other.release()
  expect((await paused.keep())!.fence.number).toBeGreaterThan(other.term()?.fence.number ?? 2)
})
