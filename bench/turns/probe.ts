import { appendFileSync } from 'node:fs'

/** Shorter turns are of no interest. */
const LEAST_MS = 5

const file = process.env.FLAGHOIST_TURNS_FILE!

/**
 * Records the long turns of the event loop of this process: a line with the end of each, epoch ms,
 * and its CPU time, ms. The CPU time of a thread is free of the load of other programs.
 */
function look(): void {
  const { user, system } = process.threadCpuUsage(last)
  const ms = (user + system) / 1_000
  if (ms >= LEAST_MS) appendFileSync(file, `${Date.now()} ${ms}\n`)
  last = process.threadCpuUsage()
  setImmediate(look).unref()
}

let last = process.threadCpuUsage()
setImmediate(look).unref()
