import { setTimeout as wait } from 'node:timers/promises'
import { cpuSeconds } from '../cpu-time.ts'

/** Measures the CPU time of a process, as a part of one core. */
export async function cpuShare(pid: number, seconds: number): Promise<number> {
  const [before, began] = [cpuSeconds(pid), performance.now()]
  await wait(seconds * 1_000)
  return (cpuSeconds(pid) - before) / ((performance.now() - began) / 1_000)
}

/** Returns the value below which a part of the sorted values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
}
