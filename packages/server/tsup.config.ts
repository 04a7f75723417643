import { rmSync } from 'node:fs'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { defineConfig, type Options } from 'tsup'
import { noticesOf } from './build/notices.ts'

// Once, and before either of the two builds writes into it.
rmSync('dist', { recursive: true, force: true })

const common: Options = {
  format: ['esm'],
  silent: true,
  target: 'node22',
  platform: 'node',
  removeNodeProtocol: false,
}

/** The package as a module, whose users install its dependencies. */
const library: Options = {
  ...common,
  entry: ['src/index.ts'],
  dts: true,
  sourcemap: true,
  async onSuccess() {
    // The package holds the files of the dashboard, which is not published on its own.
    await cp('../dashboard/dist', 'dist/dashboard', {
      recursive: true,
      filter: (path) => basename(path) !== '.vite',
    })
    for (const name of ['openapi.json', 'openapi-relay.json'])
      await writeFile(`dist/${name}`, compact(await readFile(`../../docs/${name}`, 'utf8')))
  },
}

/** Packages that the program loads after it listens, as npm installs them. */
const LOADED_LATER = [
  'fastify',
  '@fastify/cors',
  '@fastify/helmet',
  '@scalar/fastify-api-reference',
  'ioredis',
]

/**
 * The program, in few files that contain each package that it loads before it listens: Node needs
 * a quarter of that time to find and read their 189 modules. Decision 0010 has the figures.
 */
const program: Options = {
  ...common,
  entry: ['src/main.ts'],
  splitting: true,
  noExternal: [new RegExp(`^(?!(${LOADED_LATER.join('|')})$)`)],
  // Dependencies in CommonJS require modules of Node.
  banner: {
    js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
  },
  metafile: true,
  async onSuccess() {
    const file = 'dist/metafile-esm.json'
    const { inputs } = JSON.parse(await readFile(file, 'utf8'))
    await writeFile('dist/third-party-notices.txt', noticesOf(Object.keys(inputs)))
    await rm(file)
  },
}

export default defineConfig([library, program])

const compact = (json: string) => JSON.stringify(JSON.parse(json))
