import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { KEYS, startOfrep } from './ofrep-server.ts'

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const page = readFileSync(fromHere('../../../docs/ofrep.md'), 'utf8')
const programs = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program!)

describe('docs/ofrep.md', () => {
  test.for([
    { reader: 'a backend', uses: '@openfeature/ofrep-provider' },
    { reader: 'a browser', uses: '@openfeature/ofrep-web-provider' },
  ])('shows $reader a program that works', async ({ uses }) => {
    await using server = await startOfrep()
    const shown = programs.filter((program) => program.includes(`'${uses}'`))
    const program = shown
      .join('\n')
      .replaceAll('http://localhost:4400', server.url)
      .replaceAll('<server key>', KEYS.server)
      .replaceAll('<client key>', KEYS.client)

    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: fromHere('..'),
    })

    expect(shown).toHaveLength(1)
    expect(stdout).toBe('true\n')
  })
})
