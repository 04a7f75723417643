import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Asking } from './contender.ts'

/** Asks `calls` times, going on with the next user each time; ns per call. */
export type Round = (calls: number) => number | Promise<number>

/** A loop of its own for each contender: shared, one contender's shapes would slow the next one down. */
export function makeRound(asking: Asking, contexts: readonly unknown[]): Round {
  const isAsync = asking.ask(contexts[0]) instanceof Promise
  // A new function each time, so that the compiler starts with nothing known.
  const make = new Function('asking', 'contexts', isAsync ? ASYNC_LOOP : LOOP) as (
    asking: Asking,
    contexts: readonly unknown[],
  ) => Round
  return make(asking, contexts)
}

// The answers are counted, so that no compiler can leave the question out.
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

/** Asks until the code is compiled, and finds how many calls take about `ms`. */
export async function calibrate(round: Round, ms: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  let calls = 1_000
  for (let i = 0; i < CALIBRATIONS; i += 1) {
    // The best: one that was interrupted would ask for so few calls that reading the clock is what is measured.
    best = Math.min(best, await round(calls))
    calls = Math.max(20, Math.min(1_000_000, Math.round((ms * 1e6) / best)))
  }
  return calls
}

/** Bytes that one call leaves on the heap. */
export async function allocatedPerCall(round: Round): Promise<number> {
  // So few calls at a time that most of the samples see no collection; those that do are below zero.
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
// On a busy machine a compiler in the background comes late, and what is measured then is an interpreter.
setFlagsFromString('--no-concurrent-recompilation')
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** Takes away the young garbage of whoever was asked before. */
export const sweep = (): void => gc({ type: 'minor' })

/** Takes away all garbage, and moves what is left to where it stays. */
export function collect(): void {
  gc()
  gc()
}

/** What is held, in bytes, with what typed arrays hold elsewhere. */
export function heldBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
