import { defineConfig } from 'vitest/config'

const conditions = ['@flaghoist/source', 'node', 'development|production']

/** One vitest project for each package: its unit tests stand beside the source, its suites in `test/`. */
const project = (folder: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: folder,
    root: `packages/${folder}`,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node' as const,
  },
})

export default defineConfig({
  test: {
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
    projects: ['core', 'client', 'sdk-node', 'server'].map(project),
  },
})
