import { cp, readFile, writeFile } from 'node:fs/promises'
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
  async onSuccess() {
    // The package holds the files of the dashboard, which is not published on its own.
    await cp('../dashboard/dist', 'dist/dashboard', {
      recursive: true,
      filter: (path) => basename(path) !== '.vite',
    })
    for (const name of ['openapi.json', 'openapi-relay.json'])
      await writeFile(`dist/${name}`, compact(await readFile(`../../docs/${name}`, 'utf8')))
  },
})

const compact = (json: string) => JSON.stringify(JSON.parse(json))
