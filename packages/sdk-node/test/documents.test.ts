import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Declarations that the examples rely on. */
const GIVEN = `
declare const user: { readonly id: string; readonly plan: string }
declare const flags: import('SDK').FLAGS
`

/**
 * Documents whose examples belong to another package than this one: its folder, its name, and its
 * flags.
 */
const HOMES: Readonly<Record<string, readonly [folder: string, sdk: string, type: string]>> = {
  'docs/guide/openfeature.md': ['openfeature', '@flaghoist/node', 'NodeFlags'],
  'docs/guide/overrides.md': ['sdk-browser', '@flaghoist/browser', 'BrowserFlags'],
  'packages/core/README.md': ['core', '@flaghoist/core', 'Prepared'],
  'packages/health/README.md': ['health', '@flaghoist/health', 'Metric'],
  'packages/openfeature/README.md': ['openfeature', '@flaghoist/node', 'NodeFlags'],
  'packages/sdk-browser/README.md': ['sdk-browser', '@flaghoist/browser', 'BrowserFlags'],
  'packages/sdk-svelte/README.md': ['sdk-svelte', '@flaghoist/browser', 'BrowserFlags'],
  'packages/server/README.md': ['server', '@flaghoist/node', 'NodeFlags'],
}
const THIS_ONE = ['sdk-node', '@flaghoist/node', 'NodeFlags'] as const

/** Every document of the project that holds TypeScript. */
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', '{packages,examples}/*/*.md'], { cwd: ROOT })
  // The site generates docs/api from docstrings, whose examples are fragments.
  .filter((path) => !path.startsWith('docs/api/'))
  .filter((path) => readFileSync(join(ROOT, path), 'utf8').includes('```ts\n'))
  .sort()

/** TypeScript blocks of a document; one that makes its own flags is given none. */
function examplesIn(readme: string, sdk: string, type: string): readonly string[] {
  const blocks = [...readFileSync(join(ROOT, readme), 'utf8').matchAll(/```ts\n(.*?)```/gs)]
  return blocks.map(([, code = '']) =>
    code.includes('const flags =')
      ? `${code}export {}`
      : `${GIVEN.replace('SDK', sdk).replace('FLAGS', type)}${code}export {}`,
  )
}

test.for(DOCUMENTS)('every example of %s compiles', { timeout: 60_000 }, async (readme) => {
  const [home, sdk, type] = HOMES[readme] ?? THIS_ONE
  // Inside the package, so that its own name and those of its dependencies mean what they mean to a
  // user.
  const dir = mkdtempSync(join(ROOT, `packages/${home}/examples-`))
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
    const run = promisify(execFile)(process.execPath, [tsc, '-p', join(dir, `tsconfig.${i}.json`)])
    const problems = await run.then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    )
    expect(problems).toBe('')
  }
})

test('no document makes a targeting key of a value that may be missing', () => {
  const texts = [...DOCUMENTS, ...globSync('examples/*/src/**/*.{ts,svelte}', { cwd: ROOT })].map(
    (path) => readFileSync(join(ROOT, path), 'utf8'),
  )

  // `String(undefined)` would put everybody who is not known into one bucket.
  expect(texts.filter((text) => /targetingKey: *(String\(|`|'' *\+)/.test(text))).toEqual([])
})
