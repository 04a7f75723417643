#!/usr/bin/env node
// The launcher behind every npm script: brings the tools, then runs the command.
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BUILT_CHECKS, FIX, runChecks, SOURCE_CHECKS } from './checks.mjs'
import { findChromium } from './chromium.mjs'
import { systemPrograms } from './system-programs.mjs'
import {
  die,
  foreground,
  install,
  newestSource,
  pnpmArgs,
  ROOT,
  run,
  say,
  toolchain,
} from './toolchain.mjs'
import { withDependencies } from './workspace-packages.mjs'

const LIBRARIES = [
  'core',
  'health',
  'client',
  'sdk-node',
  'sdk-browser',
  'sdk-svelte',
  'openfeature',
]
/** The packages whose builds read the documents of the API. */
const API_READERS = ['dashboard', 'server']
const API_DOCUMENTS = ['docs/openapi.json', 'docs/openapi-relay.json']
const VITEST = 'node_modules/vitest/vitest.mjs'
const TYPESCRIPT = ['--disable-warning=ExperimentalWarning', '--conditions=@flaghoist/source']

const commands = {
  /** Builds and runs the server with its embedded store. */
  start(tools, args) {
    build(tools, ['server'])
    say('starting the server')
    const main = ['--disable-warning=ExperimentalWarning', 'packages/server/dist/main.js']
    foreground(tools.node, [...main, ...args], tools.env)
  },

  /** Runs every check and every test; the last line counts the tests. Arguments select tests. */
  test(tools, args) {
    if (args.length > 0) return runVitest(tools, args)
    const selection = systemPrograms()
    verify(tools)
    say('running the tests')
    const report = ['--reporter=default', '--reporter=./scripts/count-reporter.mjs']
    const vitest = [VITEST, 'run', ...selection, ...report]
    process.exit(run(tools.node, vitest, { env: testEnvironment(tools) }))
  },

  check: verify,

  /** Formats the code and applies the safe fixes of the linter. */
  fix(tools) {
    process.exit(run(tools.node, FIX, { env: tools.env }))
  },

  /** Builds the given packages with those that they depend on, or all. */
  build(tools, args) {
    build(tools, args.length > 0 ? args : [...LIBRARIES, 'dashboard', 'server'])
  },

  bench(tools, args) {
    build(tools, [...LIBRARIES, 'server'])
    install(tools, join(ROOT, 'bench'))
    foreground(tools.node, [...TYPESCRIPT, 'bench/main.ts', ...args], browserEnvironment(tools))
  },

  demo(tools, args) {
    build(tools, [...LIBRARIES, 'server'])
    foreground(tools.node, [...TYPESCRIPT, 'examples/storefront/demo/main.ts', ...args], tools.env)
  },

  'demo:rollout'(tools, args) {
    build(tools, [...LIBRARIES, 'server'])
    const script = 'examples/storefront/demo/rollout/main.ts'
    foreground(tools.node, [...TYPESCRIPT, script, ...args], tools.env)
  },

  /** Fills a running server with a sample project. */
  'demo:seed'(tools, args) {
    foreground(tools.node, [...TYPESCRIPT, 'packages/dashboard/demo/main.ts', ...args], tools.env)
  },

  /** Writes pictures of every screen of the dashboard, or with `--docs` those of the documents. */
  'demo:screenshots'(tools, args) {
    build(tools, ['dashboard'])
    const script = 'packages/dashboard/demo/screenshots.ts'
    foreground(tools.node, [...TYPESCRIPT, script, ...args], browserEnvironment(tools))
  },

  /** Runs a script of the SvelteKit example: setup, dev, build or start. */
  example(tools, args) {
    build(tools, LIBRARIES)
    foreground(tools.node, pnpmArgs('--dir', 'examples/sveltekit', 'run', ...args), tools.env)
  },

  /** Generates the error catalogue and the OpenAPI document again. */
  docs(tools) {
    process.exit(run(tools.node, [...TYPESCRIPT, 'scripts/docs.ts'], { env: tools.env }))
  },

  /** Builds the documentation site into docs/.vitepress/dist. */
  'docs:site'(tools) {
    site(tools, ['build'])
  },

  /** Serves the documentation site and reloads it on each change. */
  'docs:dev'(tools, args) {
    site(tools, ['dev', ...args])
  },

  /** Writes a tarball of every package into a folder. */
  pack(tools, args) {
    build(tools, [...LIBRARIES, 'server'])
    const folder = args.map((path) => resolve(process.env.INIT_CWD ?? '.', path))
    foreground(tools.node, [...TYPESCRIPT, 'scripts/pack.ts', ...folder], tools.env)
  },

  pnpm(tools, args) {
    foreground(tools.node, pnpmArgs(...args), tools.env)
  },
}

function site(tools, [command, ...args]) {
  const folder = join(ROOT, 'docs/.vitepress')
  install(tools, folder)
  const { env } = tools
  const typedoc = ['node_modules/typedoc/bin/typedoc', '--logLevel', 'Warn']
  if (run(tools.node, typedoc, { env, cwd: folder }) !== 0)
    die('The API reference could not be built.')
  const vitepress = 'docs/.vitepress/node_modules/vitepress/bin/vitepress.js'
  foreground(tools.node, [vitepress, command, 'docs', ...args], env)
}

function runVitest(tools, args) {
  const isWatching = args.some((arg) => arg === '--watch' || arg === '-w')
  foreground(tools.node, [VITEST, ...(isWatching ? [] : ['run']), ...args], testEnvironment(tools))
}

const browserEnvironment = (tools) => ({ ...tools.env, FLAGHOIST_CHROMIUM: findChromium() })

const testEnvironment = (tools) => ({
  ...browserEnvironment(tools),
  FLAGHOIST_HOST_NODE: tools.hostNode,
  // Tests start some hundred programs from their sources; each is twice as fast from this cache.
  NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/node-compile'),
})

function verify(tools) {
  runChecks(tools, SOURCE_CHECKS)
  build(tools, [...LIBRARIES, 'dashboard', 'server'])
  runChecks(tools, BUILT_CHECKS)
}

/** Builds packages with their dependencies, where sources are newer than the last build. */
function build(tools, names) {
  const stale = withDependencies(names).filter((name) => isStale(name))
  if (stale.length === 0) return

  say(`building ${stale.join(', ')}`)
  const filters = stale.map((name) => `--filter=./packages/${name}`)
  const args = [...filters, '--workspace-concurrency=2', '--reporter=append-only', 'run', 'build']
  if (run(tools.node, pnpmArgs(...args), { env: tools.env }) !== 0) die('The build failed.')
  for (const name of stale) writeFileSync(stampOf(name), '')
}

// Outside `dist`, because every file of `dist` is packed.
const stampOf = (name) => join(ROOT, 'packages', name, 'node_modules/.flaghoist-build')

function isStale(name) {
  if (!existsSync(stampOf(name)) || !existsSync(join(ROOT, 'packages', name, 'dist'))) return true
  const built = statSync(stampOf(name)).mtimeMs
  // The bundles of the server and the SDKs contain the packages below them.
  const packages = withDependencies([name]).map((one) => newestSource(join(ROOT, 'packages', one)))
  const documents = API_READERS.includes(name) ? API_DOCUMENTS.map(changedAt) : []
  return [...packages, ...documents].some((at) => at > built)
}

function changedAt(path) {
  return statSync(join(ROOT, path)).mtimeMs
}

const [name, ...rest] = process.argv.slice(2)
const args = rest[0] === '--' ? rest.slice(1) : rest
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
if (!command) die(`Unknown command ${name}. Use one of: ${Object.keys(commands).join(', ')}.`)
const tools = toolchain()
if (name !== 'pnpm') install(tools)
command(tools, args)
