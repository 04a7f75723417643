import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** Clock ticks per second of the times in /proc: 100 on every Linux architecture of Node.js. */
const TICKS_PER_SECOND = 100

/** Measures the CPU time of a process, as a part of one core. Linux only. */
export async function cpuShare(pid: number, seconds: number): Promise<number> {
  const [before, began] = [cpuSeconds(pid), performance.now()]
  await wait(seconds * 1_000)
  return (cpuSeconds(pid) - before) / ((performance.now() - began) / 1_000)
}

function cpuSeconds(pid: number): number {
  // The name of the program, in parentheses, may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return (user + system) / TICKS_PER_SECOND
}

/** Returns the value below which a part of the sorted values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
}
