import { cp } from 'node:fs/promises'
import { basename } from 'node:path'
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
  // The package holds the files of the dashboard, which is not published on its own.
  onSuccess: () =>
    cp('../dashboard/dist', 'dist/dashboard', {
      recursive: true,
      filter: (path) => basename(path) !== '.vite',
    }),
})
