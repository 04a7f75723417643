import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './measure.ts'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('load-once.ts', import.meta.url))

/** The cost of loading: time to the first evaluation and retained memory. */
export interface Load {
  readonly ms: number
  readonly bytes: number
}

/**
 * Loads `flags` flags of all kinds, each time in a new process. No code is compiled yet, as in a
 * program that starts.
 */
export async function measureLoad(id: string, flags: number, times: number): Promise<Load> {
  const samples: Load[] = []
  for (let i = 0; i < times; i += 1) {
    const args = [...process.execArgv, SCRIPT, id, String(flags)]
    const { stdout } = await run(process.execPath, args)
    samples.push(JSON.parse(stdout) as Load)
  }
  return {
    // Other programs can only delay a start, so the shortest is the most accurate.
    ms: Math.min(...samples.map(({ ms }) => ms)),
    bytes: median(samples.map(({ bytes }) => bytes)),
  }
}
