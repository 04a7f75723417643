import type { Ruleset } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import type { FlagDefinition, Instance, Layer } from '@flaghoist/core/schema'
import type { Projects, Committed, Write, Outcome, PlannedEdit } from '../src/projects/projects.ts'
import { type ProjectsOptions, openProjects } from '../src/projects/open-projects.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'

export const NOW = '2026-11-20T08:00:00.000Z'

/** An intent of an unbound key in the project `shop`. */
export function write(
  plan: readonly PlannedEdit[] | Write['plan'],
  parts: Partial<Write> & { readonly scope?: string } = {},
): Write {
  const { scope, ...rest } = parts
  return {
    project: 'shop',
    authority: { actor: { kind: 'key', id: 'k1', name: 'Ada' }, scope },
    action: 'test',
    requestId: 'r1',
    plan: typeof plan === 'function' ? plan : () => plan,
    ...rest,
  }
}

export async function openShop(
  store: Store = openSqliteStore(':memory:'),
  options: Partial<ProjectsOptions> = {},
): Promise<{ projects: Projects; store: Store }> {
  const projects = await openProjects({
    store,
    now: () => Date.parse(NOW),
    onListenerError: (error) => {
      throw error
    },
    ...options,
  })
  return { projects, store }
}

/** A shop with two environments, two instances, a segment and two flags. */
export async function givenShop(
  store?: Store,
  options?: Partial<ProjectsOptions>,
): Promise<{ projects: Projects; store: Store }> {
  const shop = await openShop(store, options)
  await shop.projects.createProject(write(SHOP, { action: 'project.create' }))
  return shop
}

export const on = (flag: string, scope: string, after: Layer | null): PlannedEdit => ({
  kind: 'layer',
  key: `${flag}@${scope}`,
  after,
})

export function flag(key: string, parts: Partial<FlagDefinition> = {}): PlannedEdit {
  const after: FlagDefinition = {
    key,
    type: 'boolean',
    kind: 'release',
    variants: [
      { key: 'on', value: true },
      { key: 'off', value: false },
    ],
    description: '',
    owner: 'ada',
    tags: {},
    clientVisible: false,
    permanent: false,
    prerequisites: [],
    ...parts,
  }
  return { kind: 'flag', key, after }
}

export const BASE: Layer = { on: true, off: 'off', fallthrough: { variant: 'on' } }

export const environment = (key: string, order = 0): PlannedEdit => ({
  kind: 'environment',
  key,
  after: { key, name: key, order, protected: false },
})

export function instance(key: string, tags: Record<string, string> = {}): PlannedEdit {
  const after: Instance = {
    key,
    name: key,
    tags,
    timeZone: 'Europe/Zurich',
    owner: '',
    status: 'active',
  }
  return { kind: 'instance', key, after }
}

export const segment = (key: string, include: string[] = []): PlannedEdit => ({
  kind: 'segment',
  key,
  after: { key, include, exclude: [], when: [] },
})

export const SHOP: readonly PlannedEdit[] = [
  { kind: 'project', key: 'shop', after: { key: 'shop', name: 'Shop' } },
  environment('production', 0),
  environment('staging', 1),
  instance('acme', { region: 'eu', tier: 'pilot' }),
  instance('globex', { region: 'us' }),
  segment('staff', ['ada']),
  flag('new-checkout', { tags: { team: 'checkout' } }),
  on('new-checkout', '*', BASE),
  flag('theme', { tags: { team: 'web' } }),
  on('theme', '*', BASE),
]

/** What was committed; a receipt that was played again is a failure of the test. */
export function outcomeOf(committed: Committed): Outcome {
  if (committed.replayed) throw new Error('the answer was played again')
  return committed
}

/** What every SDK of the project would be given, as bytes, without what names versions. */
export function rulesetsOf(versioned: ProjectState, project = 'shop'): string {
  const state = { ...versioned, flagRevisions: new Map(), segmentRevisions: new Map() }
  const scopes = [...state.environments.keys()].flatMap((stage) => [
    stage,
    ...[...state.instances.keys()].map((key) => `${stage}/${key}`),
  ])
  const rulesets = scopes.flatMap((scope) =>
    (['server', 'client'] as const).map((audience): Ruleset => {
      return { ...compile(state, { scope, audience, epoch: '' }), version: 0, project }
    }),
  )
  return JSON.stringify(rulesets)
}
