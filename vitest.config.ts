import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const conditions = ['@flaghoist/source', 'node', 'development|production']

/** The vitest project of a folder. Unit tests stand beside the source, suites in `test/`. */
const project = (root: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: root.slice(root.indexOf('/') + 1),
    root,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node' as const,
    // A promise that never settles fails the test; a slow machine does not.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The engine of rollouts alone needs a second, and a slow machine more.
    expect: { poll: { timeout: 10_000 } },
  },
})

/** Starts Redis for the tests of a project. */
const withRedis = ({ test, ...rest }: ReturnType<typeof project>) => ({
  ...rest,
  test: { ...test, globalSetup: ['test/redis-setup.ts'] },
})

export default defineConfig({
  test: {
    // Many tests wait for processes and sockets: a worker for each core ends a third sooner.
    maxWorkers: '100%',
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
    projects: [
      ...[
        'packages/core',
        'packages/health',
        'packages/client',
        'packages/sdk-node',
        'packages/sdk-browser',
        'packages/openfeature',
        'packages/dashboard',
        'scripts',
        'deploy',
        'examples/storefront',
        'examples/sveltekit',
      ].map(project),
      withRedis(project('packages/server')),
      {
        ...project('packages/sdk-svelte'),
        plugins: [svelte()],
        // A stand-in for the module of SvelteKit. The example is tested with the real module.
        resolve: { conditions, alias: { '$app/env': '/test/app-env.ts' } },
      },
    ],
  },
})
