import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/model/index.ts', 'src/schema/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  silent: true,
  sourcemap: true,
  target: 'es2022',
  treeshake: true,
})
