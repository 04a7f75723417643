import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/server.ts', 'src/web.ts'],
  format: ['esm', 'cjs'],
  clean: true,
  dts: true,
  silent: true,
  sourcemap: true,
  target: 'es2022',
  treeshake: true,
})
