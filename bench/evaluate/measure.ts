import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Asking } from './contender.ts'

/** Evaluates `calls` times with successive users. Returns ns per call. */
export type Round = (calls: number) => number | Promise<number>

/** Builds one loop per contender. In a shared loop, shapes of one would slow down the next. */
export function makeRound(asking: Asking, contexts: readonly unknown[]): Round {
  const isAsync = asking.ask(contexts[0]) instanceof Promise
  // A new function each time, so that the compiler has no type feedback yet.
  const make = new Function('asking', 'contexts', isAsync ? ASYNC_LOOP : LOOP) as (
    asking: Asking,
    contexts: readonly unknown[],
  ) => Round
  return make(asking, contexts)
}

// Counting the results keeps the compiler from removing the evaluation.
const LOOP = `
  const ask = asking.ask
  const size = contexts.length
  let at = 0
  let trues = 0
  return (calls) => {
    const start = performance.now()
    for (let i = 0; i < calls; i += 1) {
      if (ask(contexts[at])) trues += 1
      at += 1
      if (at === size) at = 0
    }
    const ns = (performance.now() - start) * 1e6 / calls
    return trues < 0 ? 0 : ns
  }`

const ASYNC_LOOP = LOOP.replace('return (calls) => {', 'return async (calls) => {').replace(
  'if (ask(',
  'if (await ask(',
)

const CALIBRATIONS = 30

/** Runs until the code is compiled and returns the number of calls that last about `ms`. */
export async function calibrate(round: Round, ms: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  let calls = 1_000
  for (let i = 0; i < CALIBRATIONS; i += 1) {
    // The best round counts: an interrupted one would lead to too few calls, so that the clock
    // itself would be measured.
    best = Math.min(best, await round(calls))
    calls = Math.max(20, Math.min(1_000_000, Math.round((ms * 1e6) / best)))
  }
  return calls
}

/** Returns the bytes that one call leaves on the heap. */
export async function allocatedPerCall(round: Round): Promise<number> {
  // Few calls at a time, so that most samples see no collection. The others are below zero.
  const calls = Math.max(50, Math.min(20_000, Math.round(200_000 / (await sample(round, 500)))))
  const samples: number[] = []
  for (let i = 0; i < 41; i += 1) samples.push(await sample(round, calls))
  return median(samples)
}

async function sample(round: Round, calls: number): Promise<number> {
  const before = process.memoryUsage().heapUsed
  await round(calls)
  return (process.memoryUsage().heapUsed - before) / calls
}

export function shuffled<T>(values: readonly T[]): readonly T[] {
  return values
    .map((value) => ({ value, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

setFlagsFromString('--expose-gc')
// On a busy machine a background compiler is late, and the interpreter would be measured.
setFlagsFromString('--no-concurrent-recompilation')
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** Collects the young garbage of the previous contender. */
export const sweep = (): void => gc({ type: 'minor' })

/** Collects all garbage and moves the rest to its final place. */
export function collect(): void {
  gc()
  gc()
}

/** Returns the retained bytes, including the memory of typed arrays outside of the heap. */
export function heldBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
