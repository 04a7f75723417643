import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@flaghoist/client'
import type { ResolutionDetails } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { describeConformance } from '../../../test-support/conformance.ts'
import { recordingAdapter } from '../../../test-support/recorded-conformance.ts'
import { fastPlatform } from './fixtures.ts'

/** Asks through the SDK: bootstrapped, and without a network. */
const { adapter, asked } = recordingAdapter((ruleset, { flag, context, fallback, now }) => {
  const platform = fastPlatform({ now: () => now, request: () => () => undefined })
  const flags = createClient({ url: 'http://127.0.0.1:9', key: 'k', bootstrap: ruleset }, platform)
  return flags.details(flag, fallback, context) as ResolutionDetails
})

describeConformance('@flaghoist/node', adapter)

describe('the built files', () => {
  test.for([
    [
      'ESM',
      'mjs',
      "import { createFlags } from './index.js'\nimport { readFileSync } from 'node:fs'",
    ],
    [
      'CommonJS',
      'cjs',
      "const { createFlags } = require('./index.cjs')\nconst { readFileSync } = require('node:fs')",
    ],
  ] as const)(
    'answer every case alike on this machine’s own Node, as %s',
    { timeout: 60_000 },
    async ([, ending, load]) => {
      const folder = mkdtempSync(join(tmpdir(), 'flaghoist-conformance-'))
      const questions = join(folder, 'asked.json')
      const program = new URL(`../dist/conformance.test-program.${ending}`, import.meta.url)
        .pathname
      writeFileSync(questions, JSON.stringify(asked))
      writeFileSync(program, `${load}\n${PROGRAM}`)

      const node = process.env.FLAGHOIST_HOST_NODE ?? process.execPath
      const { stdout } = await promisify(execFile)(node, ['--no-warnings', program, questions])
      rmSync(folder, { recursive: true })
      rmSync(program)

      expect(asked.length).toBeGreaterThan(2_000)
      expect(JSON.parse(stdout)).toEqual({ questions: asked.length, wrong: [] })
    },
  )
})

const PROGRAM = `
const { isDeepStrictEqual } = process.getBuiltinModule('node:util')
const wrong = []
const asked = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const { ruleset, question, details } of asked) {
  Date.now = () => question.now
  const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'k', bootstrap: ruleset, exposures: false })
  const { errorMessage, ...answer } = flags.details(question.flag, question.fallback, question.context)
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(answer)), details)) wrong.push({ question, answer, details })
  flags.close()
}
console.log(JSON.stringify({ questions: asked.length, wrong }))
process.exit(0)
`
