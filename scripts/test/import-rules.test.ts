import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const CRUISER = new URL(
  '../../node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
  import.meta.url,
).pathname
const RULES = new URL('../import-rules.mjs', import.meta.url).pathname

interface Import {
  readonly from: string
  readonly to: string
  readonly isType?: boolean
}

const broken: readonly (Import & { readonly rule: string })[] = [
  { rule: 'package-core', from: 'core/src/hash.ts', to: 'client/src/index.ts' },
  { rule: 'package-client', from: 'client/src/client.ts', to: 'sdk-node/src/index.ts' },
  { rule: 'package-client', from: 'client/src/sse.ts', to: 'core/src/hash.ts' },
  { rule: 'package-sdk-node', from: 'sdk-node/src/scopes.ts', to: 'sdk-browser/src/index.ts' },
  { rule: 'package-sdk-browser', from: 'sdk-browser/src/tab.ts', to: 'sdk-svelte/src/index.ts' },
  { rule: 'package-server', from: 'server/src/start.ts', to: 'sdk-browser/src/index.ts' },
  { rule: 'package-health', from: 'health/src/verdict.ts', to: 'core/src/index.ts' },
  { rule: 'health-is-pure', from: 'health/src/fold.ts', to: 'node:crypto' },
  { rule: 'core-is-pure', from: 'core/src/digest.ts', to: 'node:crypto' },
  { rule: 'core-is-pure', from: 'core/src/model/apply.ts', to: 'zod' },
  { rule: 'core-schema-is-zod', from: 'core/src/schema/json.ts', to: 'fastify' },
  {
    rule: 'core-evaluation-is-small',
    from: 'core/src/evaluate/evaluate.ts',
    to: 'core/src/schema/ruleset.ts',
  },
  {
    rule: 'core-evaluation-is-small',
    from: 'core/src/operators/glob.ts',
    to: 'core/src/model/state.ts',
  },
  {
    rule: 'core-model-is-without-zod',
    from: 'core/src/model/compile.ts',
    to: 'core/src/schema/entities.ts',
  },
  {
    rule: 'server-features-apart',
    from: 'server/src/kill/plan.ts',
    to: 'server/src/flags/layers/routes.ts',
  },
  {
    rule: 'server-projects-below-features',
    from: 'server/src/projects/commit.ts',
    to: 'server/src/kill/plan.ts',
  },
  { rule: 'server-projects-without-fastify', from: 'server/src/projects/chain.ts', to: 'fastify' },
  {
    rule: 'server-stores-below-features',
    from: 'server/src/stores/sqlite/log.ts',
    to: 'server/src/keys/key.ts',
  },
  { rule: 'server-http-below-features', from: 'server/src/http/a.ts', to: 'server/src/flags/b.ts' },
  {
    rule: 'dashboard-screens-apart',
    from: 'dashboard/src/screens/flags/rows.ts',
    to: 'dashboard/src/screens/home/cards.ts',
  },
  {
    rule: 'dashboard-rooms-below-screens',
    from: 'dashboard/src/matrix/rows.ts',
    to: 'dashboard/src/shell/navigation.ts',
  },
  {
    rule: 'dashboard-parts-know-no-api',
    from: 'dashboard/src/parts/cells.ts',
    to: 'dashboard/src/api/client.ts',
  },
  { rule: 'dashboard-one-router', from: 'dashboard/src/shell/rail.ts', to: 'sv-router' },
  { rule: 'package-dashboard', from: 'dashboard/src/live/stream.ts', to: 'core/src/index.ts' },
  { rule: 'no-circle', from: 'server/src/streams/ring.ts', to: 'server/src/streams/ring.ts' },
]

const kept: readonly Import[] = [
  { from: 'client/src/flags.ts', to: 'core/src/index.ts' },
  { from: 'openfeature/src/web.ts', to: 'sdk-browser/src/index.ts' },
  { from: 'core/src/schema/keys.ts', to: 'zod' },
  { from: 'core/src/evaluate/rollout.ts', to: 'core/src/schema/targeting.ts', isType: true },
  { from: 'server/src/flags/routes.ts', to: 'server/src/flags/layers/more-routes.ts' },
  { from: 'server/src/flags/plan.ts', to: 'server/src/projects/projects.ts' },
  { from: 'server/src/projects/routes.ts', to: 'fastify' },
  { from: 'server/src/app.ts', to: 'server/src/segments/routes.ts' },
  { from: 'dashboard/src/router.ts', to: 'sv-router' },
  { from: 'dashboard/src/parts/problem.ts', to: 'dashboard/src/api/problem.ts', isType: true },
  { from: 'server/src/start.test.ts', to: 'sdk-node/src/create-flags.ts' },
]

const folder = mkdtempSync(join(tmpdir(), 'flaghoist-rules-'))
/** The names of the rules that an import breaks, by the file that has the import. */
const found = new Map<string, readonly string[]>()

beforeAll(() => {
  for (const one of [...broken, ...kept]) write(one)
  const args = ['--config', RULES, '--output-type', 'json', 'packages']
  const { stdout } = spawnSync(process.execPath, [CRUISER, ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  for (const { from, rule } of JSON.parse(stdout).summary.violations)
    found.set(from, [...(found.get(from) ?? []), rule.name])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the import rules', () => {
  test.for(broken)('refuse $to in $from: $rule', ({ from, rule }) => {
    expect(found.get(`packages/${from}`)).toContain(rule)
  })

  test.for(kept)('allow $to in $from', ({ from }) => {
    expect(found.get(`packages/${from}`)).toBeUndefined()
  })
})

/** Writes a module of the fixture with its one import, and the module that it imports. */
function write({ from, to, isType = false }: Import): void {
  const path = join(folder, 'packages', from)
  const target = join(folder, 'packages', to)
  const isFile = to.includes('/')
  mkdirSync(dirname(path), { recursive: true })
  if (isFile) {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, 'export const x = 1\n', { flag: 'a' })
  }
  const name = isFile ? `./${relative(dirname(path), target)}` : to
  writeFileSync(path, `import ${isType ? 'type ' : ''}{ x } from '${name}'\n`, { flag: 'a' })
}
