import { existsSync } from 'node:fs'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { testSeed } from './test-support/test-seed.ts'

const conditions = ['@flaghoist/source', 'node', 'development|production']
const env = { TEST_SEED: testSeed() }

/** The vitest project of a folder. Unit tests stand beside the source, suites in `test/`. */
const project = (root: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: root.slice(root.indexOf('/') + 1),
    root,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node' as const,
    env,
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

/**
 * A second project of a folder, whose clients reach the test server through a relay.
 *
 * These suites of the SDKs use the test server and have no such project:
 * - `sdk-node/codegen`: reads the admin API, which a relay does not have
 * - `sdk-browser/browser`, `sharing`: take a minute. 46 of their 50 tests pass; three read the
 *   server's number of streams at once, which a relay reports a moment later, and one expects the
 *   hint of a server for an unknown key
 * - `sdk-browser/local-store`, `openfeature/telemetry-hook`: test what a client does by itself
 * - `sdk-node/holding-proxy`, `sdk-svelte/kit-2`, `kit-dev`: pass, but add more than 10 s each
 *
 * @param include files in which a relay can differ from a server
 */
const throughRelay = (root: string, include: readonly string[]) => {
  const { test, ...rest } = project(root)
  const missing = include.find((file) => !existsSync(`${root}/${file}`))
  if (missing) throw new Error(`${root}/${missing} is gone: correct its name in vitest.config.ts.`)
  const name = `${test.name} through a relay`
  return {
    ...rest,
    test: { ...test, name, include: [...include], env: { ...env, FLAGHOIST_TEST_RELAY: '1' } },
  }
}

/** Compiles the components of a project. */
const withSvelte = (rest: ReturnType<typeof project>) => ({
  ...rest,
  plugins: [svelte()],
  // A stand-in for the module of SvelteKit. The example is tested with the real module.
  resolve: { conditions, alias: { '$app/env': '/test/app-env.ts' } },
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
      throughRelay('packages/sdk-node', ['test/frameworks.test.ts']),
      throughRelay('packages/sdk-browser', ['test/compression.test.ts', 'test/override.test.ts']),
      throughRelay('packages/openfeature', [
        'test/scenarios.test.ts',
        'test/statuses.property.test.ts',
      ]),
      throughRelay('packages/server', [
        'test/ofrep.test.ts',
        'test/ofrep-clients.test.ts',
        'test/ofrep-streams.test.ts',
        'test/sdk-reports.test.ts',
      ]),
      withSvelte(project('packages/sdk-svelte')),
      withSvelte(throughRelay('packages/sdk-svelte', ['test/kit.test.ts'])),
    ],
  },
})
