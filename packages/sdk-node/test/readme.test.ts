import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What the examples take for granted. */
const GIVEN = `
declare const user: { readonly id: string; readonly plan: string }
declare const flags: import('SDK').FLAGS
`

/** A README, the package that its examples stand in, and the flags that they are given. */
const READMES = [
  ['packages/sdk-node/README.md', 'sdk-node', '@flaghoist/node', 'NodeFlags'],
  ['packages/client/README.md', 'sdk-node', '@flaghoist/client', 'Flags'],
  ['docs/guide/outcomes.md', 'sdk-node', '@flaghoist/node', 'NodeFlags'],
  ['packages/sdk-svelte/README.md', 'sdk-svelte', '@flaghoist/browser', 'BrowserFlags'],
  ['packages/openfeature/README.md', 'openfeature', '@flaghoist/node', 'NodeFlags'],
  ['docs/guide/openfeature.md', 'openfeature', '@flaghoist/node', 'NodeFlags'],
  ['packages/sdk-browser/README.md', 'sdk-browser', '@flaghoist/browser', 'BrowserFlags'],
] as const

/** TypeScript blocks of a README; one that makes its own flags is given none. */
function examplesIn(readme: string, sdk: string, type: string): readonly string[] {
  const blocks = [...readFileSync(join(ROOT, readme), 'utf8').matchAll(/```ts\n(.*?)```/gs)]
  return blocks.map(([, code = '']) =>
    code.includes('const flags =')
      ? `${code}export {}`
      : `${GIVEN.replace('SDK', sdk).replace('FLAGS', type)}${code}export {}`,
  )
}

test.for(READMES)(
  'every example of %s compiles',
  { timeout: 60_000 },
  async ([readme, home, sdk, type]) => {
    // Inside the package, so that its own name and those of its dependencies mean what they mean to a user.
    const dir = mkdtempSync(join(ROOT, `packages/${home}/test/readme-`))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const examples = examplesIn(readme, sdk, type)
    expect(examples).not.toEqual([])
    for (const [i, code] of examples.entries()) {
      const file = `example-${i}.ts`
      writeFileSync(join(dir, file), code)
      // Each is a program of its own: a declaration of flags holds for a whole program.
      const config = {
        extends: join(ROOT, 'tsconfig.base.json'),
        compilerOptions: {
          lib: ['es2023', 'dom'],
          types: ['node'],
          customConditions: [],
          noUnusedLocals: false,
        },
        files: [file],
      }
      writeFileSync(join(dir, `tsconfig.${i}.json`), JSON.stringify(config))
    }

    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    for (const i of examples.keys()) {
      const run = promisify(execFile)(process.execPath, [
        tsc,
        '-p',
        join(dir, `tsconfig.${i}.json`),
      ])
      const problems = await run.then(
        () => '',
        ({ stdout }: { stdout: string }) => stdout,
      )
      expect(problems).toBe('')
    }
  },
)
