import type { Prepared } from './contender.ts'

/** Asks for each user once and counts who gets it. */
export async function countTrues({ contexts, ask }: Prepared): Promise<number> {
  let trues = 0
  for (const context of contexts) if (await ask(context)) trues += 1
  return trues
}

/** Asks `calls` times, over all users in turn; ns per call. */
export type Round = (calls: number) => number | Promise<number>

/** A loop of its own for each contender: shared, one contender's shapes would slow the next one down. */
export function makeRound(prepared: Prepared): Round {
  const isAsync = prepared.ask(prepared.contexts[0]) instanceof Promise
  // A new function each time, so that the compiler starts with nothing known.
  const make = new Function('prepared', isAsync ? ASYNC_LOOP : LOOP) as (p: Prepared) => Round
  return make(prepared)
}

const LOOP = `
  const { contexts } = prepared
  const ask = prepared.ask
  let sink = 0
  return (calls) => {
    const size = contexts.length
    const start = process.hrtime.bigint()
    for (let i = 0, at = 0; i < calls; i += 1) {
      if (ask(contexts[at])) sink += 1
      at += 1
      if (at === size) at = 0
    }
    const ns = Number(process.hrtime.bigint() - start) / calls
    return sink < 0 ? 0 : ns
  }`

const ASYNC_LOOP = LOOP.replace('return (calls) => {', 'return async (calls) => {').replace(
  'if (ask(',
  'if (await ask(',
)

/** How often to ask so that a round takes about `ms`. */
export async function calibrate(round: Round, ms: number): Promise<number> {
  await round(2_000)
  const ns = await round(5_000)
  return Math.max(1_000, Math.min(5_000_000, Math.round((ms * 1e6) / ns)))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** Bytes that one call leaves on the heap; exact as long as nothing is collected meanwhile. */
export async function allocatedPerCall(round: Round, calls: number): Promise<number> {
  await round(20_000)
  const found: number[] = []
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    await round(calls)
    found.push((process.memoryUsage().heapUsed - before) / calls)
  }
  return Math.max(0, median(found))
}
