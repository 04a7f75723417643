import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/main.ts'],
  format: ['esm'],
  dts: true,
  clean: true,
  silent: true,
  sourcemap: true,
  target: 'node22',
  platform: 'node',
  removeNodeProtocol: false,
})
