import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { build, type Rollup } from 'vite'
import { expect, test } from 'vitest'

/** The source, so that the test needs no build of this package. */
const SOURCE = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** Bytes of a program for browsers, minified and gzipped, without Svelte itself. */
async function sizeOf(code: string): Promise<number> {
  const entry = '\0entry.js'
  const built = (await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'silent',
    mode: 'production',
    resolve: { conditions: ['production', 'browser', 'svelte', 'module'] },
    plugins: [
      svelte(),
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      rollupOptions: {
        input: 'entry',
        external: [/^svelte(\/|$)/],
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rollup.RollupOutput
  const text = built.output.map((file) => ('code' in file ? file.code : '')).join('')
  return gzipSync(text, { level: 9 }).length
}

test('everything of the package adds at most 1.95 kB to the browser SDK', {
  timeout: 60_000,
}, async () => {
  const alone = await sizeOf(`export { createFlags } from '@flaghoist/browser'`)
  const withSvelte = await sizeOf(
    `export { createFlags } from '@flaghoist/browser'; export * from ${JSON.stringify(SOURCE)}`,
  )
  console.log(`@flaghoist/svelte adds ${withSvelte - alone} bytes to ${alone}`)
  expect(alone).toBeGreaterThan(4_000)
  expect(withSvelte - alone).toBeGreaterThan(300)
  expect(withSvelte - alone).toBeLessThanOrEqual(1_950)
})
