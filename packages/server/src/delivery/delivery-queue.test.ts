import { expect, test } from 'vitest'
import { createDeliveryQueue } from './delivery-queue.ts'

test('a full queue drops its oldest items, and says so', async () => {
  const failures: number[] = []
  const delivered: number[] = []
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const queue = createDeliveryQueue<number>({
    async deliver(items) {
      await gate
      delivered.push(...items)
    },
    onFailure: (_, dropped) => failures.push(dropped),
  })
  for (let i = 0; i < 10_050; i += 1) queue.add(i)
  open()
  await queue.close()

  expect(failures).toEqual([1])
  // The item in delivery when the flood came is delivered, although it was dropped from the queue.
  expect(delivered.length).toBe(10_001)
  expect(delivered.slice(0, 2)).toEqual([0, 50])
  expect(delivered.at(-1)).toBe(10_049)
})

test('a failed batch is delivered again, with the items queued since', async () => {
  const attempts: (readonly string[])[] = []
  const queue = createDeliveryQueue<string>({
    async deliver(items) {
      attempts.push(items)
      if (attempts.length === 1) throw new Error('down')
    },
    onFailure: () => undefined,
    backoff: { next: () => 0, reset: () => undefined },
  })

  queue.add('a')
  queue.add('b')
  await expect.poll(() => attempts.length).toBe(2)
  await queue.close()

  expect(attempts).toEqual([['a'], ['a', 'b']])
})

test('closing tries once more after an attempt in flight that fails', async () => {
  let fail = (_: Error) => {}
  const first = new Promise<void>((_, reject) => {
    fail = reject
  })
  const attempts: (readonly string[])[] = []
  const queue = createDeliveryQueue<string>({
    async deliver(items) {
      attempts.push(items)
      if (attempts.length === 1) await first
    },
    onFailure: () => undefined,
  })
  queue.add('a')
  expect(attempts).toEqual([['a']])

  const closed = queue.close()
  fail(new Error('down'))
  await closed

  expect(attempts).toEqual([['a'], ['a']])
})

test('closing tries at once, and drops what fails again', async () => {
  let attempts = 0
  const queue = createDeliveryQueue<string>({
    async deliver() {
      attempts += 1
      throw new Error('down')
    },
    onFailure: () => undefined,
  })
  queue.add('a')
  await expect.poll(() => attempts).toBe(1)

  await queue.close()

  expect(attempts).toBe(2)
})
