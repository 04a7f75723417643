import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { writeSection } from './document.ts'
import { benchEvaluate } from './evaluate/index.ts'
import { benchHealth } from './health/index.ts'
import { benchHttp } from './http/index.ts'
import { benchIngest } from './ingest/index.ts'
import { benchRedis } from './redis/index.ts'
import { benchRollouts } from './rollouts/index.ts'
import { benchScale } from './scale/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    flags: { type: 'string', default: '1,100,1000' },
    write: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

/** A section of the document, the broken promises, and the figures for programs. */
interface Report {
  readonly markdown: string
  readonly broken: readonly string[]
  readonly results?: Readonly<Record<string, unknown>>
}

const SUBJECTS: Readonly<Record<string, () => Promise<Report>>> = {
  evaluate() {
    const flagCounts = values.flags.split(',').map(Number)
    if (!flagCounts.every((count) => Number.isInteger(count) && count > 0))
      stop(`--flags is "${values.flags}": expected flag counts such as 1,100.`)
    const effort = values.quick ? { rounds: 31, starts: 2 } : { rounds: 121, starts: 8 }
    return benchEvaluate({ flagCounts, ...effort })
  },
  ingest: () => benchIngest({ rounds: values.quick ? 3 : 9 }),
  http: () => benchHttp({ rounds: values.quick ? 5 : 25 }),
  health: () =>
    benchHealth(values.quick ? { rollouts: 500, looks: 500 } : { rollouts: 5_000, looks: 1_000 }),
  redis: () => benchRedis({ units: values.quick ? 100_000 : 1_000_000 }),
  scale: () => benchScale({ minutes: values.quick ? 4 : 60 }),
  rollouts: () =>
    benchRollouts(
      values.quick
        ? { rollouts: 20, instances: 10, kills: 30, regressions: 10 }
        : { rollouts: 200, instances: 50, kills: 200, regressions: 200 },
    ),
}

const [subject = 'evaluate'] = positionals
const bench = Object.hasOwn(SUBJECTS, subject) ? SUBJECTS[subject] : undefined
if (bench === undefined) stop(`Unknown benchmark "${subject}".`)
const { markdown, broken, results } = await bench()
if (values.write) writeSection(subject, markdown)
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results ?? {}, null, 2))
for (const promise of broken) console.error(`Broken promise: ${promise}`)
// Some peers leave timers behind.
process.exit(broken.length === 0 ? 0 : 1)

function stop(problem: string): never {
  console.error(
    `${problem} Usage: npm run bench -- evaluate|http|ingest|health|redis|rollouts|scale [--quick] [--flags 1,100] [--write] [--json FILE]`,
  )
  process.exit(1)
}
