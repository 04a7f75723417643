import { readFileSync } from 'node:fs'

/** Returns the resident memory of a process, KiB. Linux only. */
export function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}
