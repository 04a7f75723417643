import type { Ruleset } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import {
  type FlagDefinition,
  type Instance,
  type Layer,
  NOTICE_EVENTS,
  type Subscription,
} from '@flaghoist/core/schema'
import { openProjects, type ProjectsOptions } from '../src/projects/open-projects.ts'
import type {
  Caller,
  Committed,
  Outcome,
  PlannedEdit,
  Projects,
  Write,
} from '../src/projects/projects.ts'
import { createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import type { Stores } from '../src/stores/stores.ts'

export const NOW = '2026-11-20T08:00:00.000Z'

/** The members of a write and its caller that a test sets. */
export interface WriteParts
  extends Omit<Partial<Write>, 'names'>,
    Pick<Caller, 'expected' | 'idempotency'> {
  /** Scope that the key is bound to. */
  readonly scope?: string
  readonly names?: readonly string[]
}

/** Arguments of `commit`: a write to the project `shop`, and a caller that is bound to no scope. */
export function writeOf(
  plan: readonly PlannedEdit[] | Write['plan'],
  { scope, names, expected, idempotency, ...write }: WriteParts = {},
): [Write, Caller] {
  return [
    {
      project: 'shop',
      action: 'flag.update',
      ...(names && { names: () => names }),
      plan: typeof plan === 'function' ? plan : () => plan,
      ...write,
    },
    {
      authority: { actor: { kind: 'key', id: 'k1', name: 'Ada' }, scope },
      requestId: 'r1',
      expected,
      idempotency,
    },
  ]
}

/** The creation of the project `shop`. */
export function creationOf(...[plan, parts]: Parameters<typeof writeOf>): [Write, Caller] {
  return writeOf(plan, { ...parts, createsProject: true })
}

export async function openShop(
  stores: Stores = createMemoryStores(),
  options: Partial<ProjectsOptions> = {},
): Promise<{ projects: Projects; stores: Stores }> {
  const projects = await openProjects({
    log: stores.log,
    now: () => Date.parse(NOW),
    onListenerError: (error) => {
      throw error
    },
    ...options,
  })
  projects.startChecks()
  return { projects, stores }
}

/** A shop with two environments, two instances, a segment and two flags. */
export async function givenShop(
  stores?: Stores,
  options?: Partial<ProjectsOptions>,
): Promise<{ projects: Projects; stores: Stores }> {
  const shop = await openShop(stores, options)
  await shop.projects.commit(...creationOf(SHOP, { action: 'project.create' }))
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

/** A subscription whose secrets no vault can decrypt. */
export const subscription = (key: string, parts: Partial<Subscription> = {}): PlannedEdit => ({
  kind: 'subscription',
  key,
  after: {
    key,
    name: key,
    channel: 'slack',
    target: '',
    sealed: '',
    // Reports depend on the time of the test.
    events: NOTICE_EVENTS.filter((event) => event !== 'daily-report'),
    minSeverity: 'info',
    perMinute: 10,
    enabled: true,
    ...parts,
  },
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

/** The outcome of a commit; a replayed receipt fails the test. */
export function outcomeOf(committed: Committed): Outcome {
  if (committed.replayed) throw new Error('the receipt was replayed')
  return committed
}

/** The rulesets of all SDKs of the project, as bytes, without their versions. */
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
