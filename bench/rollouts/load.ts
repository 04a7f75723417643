import { setTimeout as wait } from 'node:timers/promises'
import { cpuSeconds } from '../cpu-time.ts'

/** Measures the CPU time of a process, as a part of one core. */
export async function cpuShare(pid: number, seconds: number): Promise<number> {
  const [before, began] = [cpuSeconds(pid), performance.now()]
  await wait(seconds * 1_000)
  return (cpuSeconds(pid) - before) / ((performance.now() - began) / 1_000)
}
