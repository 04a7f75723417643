import { readFileSync } from 'node:fs'

/** Clock ticks per second of the times in /proc: 100 on every Linux architecture of Node.js. */
const TICKS_PER_SECOND = 100

/** Returns the CPU time of a process so far, seconds, to the hundredth. Linux only. */
export function cpuSeconds(pid: number): number {
  // The name of the program, in parentheses, may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return (user + system) / TICKS_PER_SECOND
}
