import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  silent: true,
  sourcemap: true,
  target: 'es2022',
  treeshake: true,
})
