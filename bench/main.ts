import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { benchEvaluate } from './evaluate/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    flags: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const [subject = 'evaluate'] = positionals
if (subject !== 'evaluate') {
  console.error(
    `There is no benchmark "${subject}". There is: evaluate. Options: --quick, --flags 100, --write.`,
  )
  process.exit(1)
}

await benchEvaluate({
  flagCounts: values.flags === undefined ? [1, 100, 1_000] : values.flags.split(',').map(Number),
  rounds: values.quick ? 3 : 9,
  roundMs: values.quick ? 30 : 60,
  writeTo: values.write ? fileURLToPath(new URL('README.md', import.meta.url)) : undefined,
})
// Peers leave timers behind.
process.exit(0)
