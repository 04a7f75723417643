import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/server.ts', 'src/web.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  silent: true,
  sourcemap: true,
  target: 'es2022',
  treeshake: true,
  // A browser's package is ESM alone; bundled, `require` works too.
  noExternal: ['@flaghoist/browser'],
})
