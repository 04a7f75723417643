import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

const OUT = 'dist'

/** Writes a compressed copy beside each asset, so that the server compresses nothing. */
const precompress: Plugin = {
  name: 'precompress',
  apply: 'build',
  closeBundle() {
    const folder = join(import.meta.dirname, OUT, 'assets')
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      const bytes = readFileSync(path)
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }))
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
    }
  },
}

export default defineConfig({
  // Relative, so that the app works under any path.
  base: './',
  plugins: [svelte(), precompress],
  build: {
    outDir: OUT,
    // The first browsers with `light-dark()`.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The content security policy allows no data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'third-party-notices.md' },
    // The size test reads the imports of each screen from it.
    manifest: true,
    // The first load names every other file, and the manifest says which source each is.
    rolldownOptions: {
      output: {
        chunkFileNames: 'assets/[hash].js',
        // One file for all that the page needs first: it compresses better than its parts.
        codeSplitting: { groups: [{ name: 'initial', tags: ['$initial'] }] },
      },
    },
  },
})
