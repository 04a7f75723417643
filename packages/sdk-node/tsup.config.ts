import { defineConfig } from 'tsup'

// biome-ignore lint/style/noDefaultExport: tsup reads the default export.
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  sourcemap: true,
  target: 'es2022',
  platform: 'node',
  removeNodeProtocol: false,
  treeshake: true,
})
