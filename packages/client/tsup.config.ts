import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/internal.ts'],
  format: ['esm', 'cjs'],
  // The entry points share one copy of each module, in both formats.
  splitting: true,
  dts: true,
  clean: true,
  silent: true,
  sourcemap: true,
  target: 'es2022',
  treeshake: true,
})
