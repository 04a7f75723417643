import { isEnabled, prepare, type Ruleset } from '@flaghoist/core'
import { askedFlag, CASES, type CaseName } from './cases.ts'
import { rulesetOf } from './flaghoist.ts'
import { median } from './measure.ts'
import { markdown } from './table.ts'

const FLAGS = 1_000

/** What it takes to hold 1,000 flags, and to answer the first question after their bytes have come. */
export async function loadTable(): Promise<string> {
  const rows = (Object.keys(CASES) as CaseName[]).map((name) => {
    const text = JSON.stringify(rulesetOf(name, FLAGS))
    const times = Array.from({ length: 11 }, () => firstAnswerMs(text))
    return [
      CASES[name],
      `${(text.length / 1024).toFixed(0)} KiB`,
      `${times[0]!.toFixed(1)} ms`,
      `${median(times).toFixed(1)} ms`,
      `${(heapOf(text) / 2 ** 20).toFixed(2)} MiB`,
    ]
  })
  return markdown(['', 'ruleset as JSON', 'bytes to first answer, cold', 'warm', 'heap held'], rows)
}

function firstAnswerMs(text: string): number {
  const start = performance.now()
  const prepared = prepare(JSON.parse(text) as Ruleset)
  isEnabled(prepared, askedFlag(FLAGS), { targetingKey: 'ada' })
  return performance.now() - start
}

function heapOf(text: string): number {
  // The first run fills caches of the engine, which are not the ruleset's.
  prepare(JSON.parse(text) as Ruleset)
  globalThis.gc?.()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const prepared = prepare(JSON.parse(text) as Ruleset)
  globalThis.gc?.()
  const held = process.memoryUsage().heapUsed - before
  return prepared.flags.size === FLAGS ? held : Number.NaN
}
