/**
 * Random projects, rulesets and contexts for property tests. Their few keys let random parts meet:
 * a layer finds its flag, a clause its segment, a context its rule. Some keys break code that uses
 * a record as a map.
 */

import type { EvaluationContext } from '../packages/core/src/evaluate/resolution.ts'
import { BUCKETS } from '../packages/core/src/hash.ts'
import {
  type Audience,
  apply,
  compile,
  EMPTY_STATE,
  layerKey,
  type ProjectState,
  resplit,
  validate,
} from '../packages/core/src/model/index.ts'
import type { Ruleset } from '../packages/core/src/ruleset/wire.ts'
import type {
  Clause as ClauseSchema,
  Edit,
  Environment,
  FlagDefinition,
  Instance,
  Layer,
  Segment,
} from '../packages/core/src/schema/index.ts'
import { fc } from './fast-check.ts'
import { completed, ENVIRONMENTS, edit, furnished, INSTANCES, SEGMENTS } from './project.ts'

type Clause = ReturnType<typeof ClauseSchema.parse>
type Rule = NonNullable<Layer['rules']>[number]
type Serve = NonNullable<Layer['fallthrough']>
type Rollout = NonNullable<Layer['rollout']>

/** Changes, and the state after each of them. The first state precedes all changes. */
export interface History {
  readonly changes: readonly { readonly seq: number; readonly edits: readonly Edit[] }[]
  readonly states: readonly ProjectState[]
}

export const SCOPES: readonly string[] = ENVIRONMENTS.flatMap((stage) => [
  stage,
  ...INSTANCES.map((instance) => `${stage}/${instance}`),
])
export const AUDIENCES: readonly Audience[] = ['server', 'client']

const FLAG_TYPES = {
  '10': 'boolean',
  '2': 'json',
  constructor: 'string',
  'new-checkout': 'boolean',
  price: 'number',
} as const
const FLAGS = Object.keys(FLAG_TYPES) as (keyof typeof FLAG_TYPES)[]
const VARIANTS = ['on', 'off', '10'] as const
const PEOPLE = ['ada', 'Bob', 'çelik', '日本', '', '42'] as const

/** A targeting key of code without types. */
const NUMBER_KEY = 42 as unknown as string

const salts = fc.constantFrom('pepper', 'thyme', 'saffron', 'sumac')
const bucketedBy = fc.constantFrom('targetingKey', 'accountId', 'device.id')
const some = <T>(of: fc.Arbitrary<T>, maxLength = 3) => fc.array(of, { minLength: 1, maxLength })
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true })

/** Objects in which every member may be missing, except the required ones. */
function optional<T>(
  model: { readonly [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> },
  required: readonly (keyof T)[],
): fc.Arbitrary<T> {
  const made = fc.record(model, { requiredKeys: [...required], noNullPrototype: true })
  return made as fc.Arbitrary<T> // Its type forgets which members may be missing.
}

/** The same objects, nearly always without one member, because it hides every other result. */
function rarely<T>(name: keyof T, of: fc.Arbitrary<T>): fc.Arbitrary<T> {
  const without = of.map((made) => {
    const { [name]: _, ...rest } = made
    return rest as T // The member is optional.
  })
  return fc.oneof({ weight: 9, arbitrary: without }, { weight: 1, arbitrary: of })
}

/** Weights that add up to all buckets. */
export const weights: fc.Arbitrary<Record<string, number>> = fc
  .record({
    names: fc.shuffledSubarray([...VARIANTS], { minLength: 1 }),
    cuts: fc.tuple(fc.nat({ max: BUCKETS }), fc.nat({ max: BUCKETS })),
  })
  .map(({ names, cuts }) => {
    const edges = [0, ...[...cuts].sort((a, b) => a - b).slice(0, names.length - 1), BUCKETS]
    return Object.fromEntries(names.map((name, i) => [name, edges[i + 1]! - edges[i]!]))
  })

/** Ranges after some changes of weights. */
export const ranges: fc.Arbitrary<[number, number, string][]> = some(weights, 4).map((history) =>
  history.reduce<[number, number, string][]>(
    (owned, next) => resplit(owned, next).map(([start, end, variant]) => [start, end, variant]),
    [],
  ),
)

export const serves: fc.Arbitrary<Serve> = fc.oneof(
  fc.constantFrom(...VARIANTS).map((variant) => ({ variant })),
  record({ split: record({ by: bucketedBy, salt: salts, ranges }) }),
)

export const clauses: fc.Arbitrary<Clause> = fc.oneof(
  clause('in', ['targetingKey'], [...PEOPLE]),
  clause(
    'in',
    ['accountId', 'seats', 'groups', 'instance'],
    ['42', 'Ada', '3', '0', 'acme', 'true'],
  ).map((one) => ({ ...one, hashed: true })),
  clause('in', ['plan', 'seats', 'groups', 'instance'], ['pro', 'acme', 3, true]),
  clause('in', ['instance'], ['acme', 'globex', 'Globex', 10]),
  clause('startsWith', ['plan', 'device.os', 'instance'], ['p', '', 'glo']),
  clause('matches', ['plan', 'device.os', 'instance'], ['p*', '?[a-r]o', '*m*']),
  clause('gte', ['seats', '$now', 'instance'], [3, 0.5]),
  clause('before', ['since', '$now'], ['2026-11-20', 1_700_000_000_000]),
  clause('semverGte', ['version'], ['1.4.0', '2.0.0-rc.1']),
  clause('cidr', ['ip'], ['10.0.0.0/8', '2001:db8::/32']),
  clause('exists', ['plan', 'constructor', 'instance'], ['-']),
)

/** Clauses of rules alone: segments contain neither segments nor tags of instances. */
const ruleClauses = fc.oneof(
  clause('segment', ['targetingKey', 'instance'], [...SEGMENTS]),
  clause('in', ['instance.tags.region'], ['eu', 'us']),
  clause('exists', ['instance.tags.tier', 'instance.tags.constructor'], ['-']),
)

export const rules: fc.Arbitrary<Rule[]> = fc.uniqueArray(
  optional<Rule>(
    {
      id: fc.constantFrom('r1', 'r2', 'r3'),
      name: fc.constantFrom('Pilot customers', 'Everybody else'),
      when: some(some(fc.oneof({ weight: 4, arbitrary: clauses }, ruleClauses)), 2),
      serve: serves,
    },
    ['id', 'when', 'serve'],
  ),
  { selector: ({ id }) => id, maxLength: 3 },
)

export const rollouts: fc.Arbitrary<Rollout> = optional<Rollout>(
  {
    planRun: fc.constant('autumn'),
    step: fc.nat({ max: 3 }),
    by: bucketedBy,
    salt: salts.map((salt) => `rollout-${salt}`),
    share: fc.oneof(fc.constantFrom(0, BUCKETS), fc.nat({ max: BUCKETS })),
    serve: serves,
    segments: fc.subarray([...SEGMENTS]),
  },
  ['by', 'salt', 'share', 'serve'],
)

const layerModel: { [K in keyof Layer]-?: fc.Arbitrary<Exclude<Layer[K], undefined>> } = {
  on: fc.boolean(),
  off: fc.constantFrom(...VARIANTS),
  rules,
  rollout: fc.option(rollouts),
  fallthrough: serves,
  killed: fc.constant({ at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' }),
  note: record({ reason: fc.constantFrom('trial', 'incident 7') }),
}

export const layers: fc.Arbitrary<Layer> = rarely('killed', optional<Layer>(layerModel, []))

/** A layer of the scope `*`; validation refuses one without `off` for a boolean flag. */
export const baseLayers: fc.Arbitrary<Layer> = rarely('killed', optional<Layer>(layerModel, ['on']))

export const environments: fc.Arbitrary<Environment> = record({
  key: fc.constantFrom(...ENVIRONMENTS),
  name: fc.constantFrom('Live', 'Test'),
  order: fc.nat({ max: 3 }),
  protected: fc.boolean(),
})

export const instances: fc.Arbitrary<Instance> = record({
  key: fc.constantFrom(...INSTANCES),
  name: fc.constantFrom('Acme', 'Globex'),
  tags: fc.constantFrom({}, { region: 'eu' }, { region: 'us', tier: 'pilot' }),
  timeZone: fc.constant('UTC'),
  owner: fc.constant('ada'),
  status: fc.constantFrom('active' as const, 'paused' as const, 'retired' as const),
})

export const segments: fc.Arbitrary<Segment> = record({
  key: fc.constantFrom(...SEGMENTS),
  include: fc.subarray([...PEOPLE]),
  exclude: fc.subarray([...PEOPLE]),
  when: fc.array(some(clauses), { maxLength: 2 }),
})

export const definitions: fc.Arbitrary<FlagDefinition> = fc
  .constantFrom(...FLAGS)
  .chain((key) => rarely('archivedAt', definitionOf(key)))

const newFlags: fc.Arbitrary<readonly Edit[]> = fc
  .tuple(definitions, baseLayers)
  .map(([flag, base]) => [
    edit('flag', flag.key, flag),
    edit('layer', layerKey(flag.key, '*'), base),
  ])

/** Edits of one change. A history fills in their earlier values. */
const editLists: fc.Arbitrary<readonly Edit[]> = fc.oneof(
  { weight: 3, arbitrary: newFlags },
  { weight: 2, arbitrary: definitions.map((flag) => [edit('flag', flag.key, flag)]) },
  { weight: 12, arbitrary: some(layerEdits(), 2) },
  { weight: 2, arbitrary: segments.map((one) => [edit('segment', one.key, one)]) },
  { weight: 1, arbitrary: environments.map((one) => [edit('environment', one.key, one)]) },
  { weight: 1, arbitrary: instances.map((one) => [edit('instance', one.key, one)]) },
  { weight: 2, arbitrary: removals() },
)

/** Any changes that their schema accepts, even of missing entities or with dangling references. */
export const histories: fc.Arbitrary<History> = fc
  .array(editLists, { maxLength: 12 })
  .map((lists) => replay(EMPTY_STATE, lists))

/** Changes that validation accepts, in a project without flags. */
export const validHistories: fc.Arbitrary<History> = fc
  .tuple(some(newFlags, 6), fc.array(editLists, { maxLength: 24 }))
  .map(([created, changed]) => replay(furnished(), [...created, ...changed], true))

export const states: fc.Arbitrary<ProjectState> = histories.map(({ states: all }) => all.at(-1)!)
export const validStates: fc.Arbitrary<ProjectState> = validHistories.map(
  ({ states: all }) => all.at(-1)!,
)

export const rulesets: fc.Arbitrary<Ruleset> = fc
  .record({
    state: validStates,
    scope: fc.oneof(fc.constantFrom(...ENVIRONMENTS), fc.constantFrom(...SCOPES)),
    audience: fc.constantFrom(...AUDIENCES),
  })
  .map(({ state, ...target }) => compile(state, { ...target, epoch: 'e1' }))

export const contexts: fc.Arbitrary<EvaluationContext> = fc.record(
  {
    targetingKey: fc.oneof(fc.constantFrom(...PEOPLE, NUMBER_KEY), fc.string()),
    instance: fc.constantFrom(...INSTANCES, 'unheard-of'),
    accountId: fc.oneof(fc.string(), fc.nat(), fc.constantFrom('ada', '42', 42, true, ['Ada'])),
    plan: fc.constantFrom('pro', 'Pro', 'free', null),
    seats: fc.constantFrom(3, 2.5, '3', -0),
    groups: fc.constantFrom(['pro', 'beta'], [], [['pro']]),
    device: fc.constantFrom({ os: 'pixel', id: 'd1' }, ['os'], null),
    version: fc.constantFrom('1.4.0', '1.4', '2.0.0-rc.1'),
    since: fc.constantFrom('2026-11-19T23:59:59Z', 'yesterday', 0),
    ip: fc.constantFrom('10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1'),
  },
  { requiredKeys: [] },
)

function replay(
  start: ProjectState,
  lists: readonly (readonly Edit[])[],
  mustBeValid = false,
): History {
  const changes: History['changes'][number][] = []
  const made = [start]
  for (const list of lists) {
    const before = made.at(-1)!
    const edits = completed(before, lastOfEach(list))
    const change = { seq: before.version + 1, edits }
    const after = apply(before, change)
    if (mustBeValid && validate(before, after, edits).length > 0) continue
    changes.push(change)
    made.push(after)
  }
  return { changes, states: made }
}

/** A change edits an entity once. */
function lastOfEach(edits: readonly Edit[]): readonly Edit[] {
  return [...new Map(edits.map((one) => [`${one.kind}:${one.key}`, one])).values()]
}

function layerEdits(): fc.Arbitrary<Edit> {
  const keys = fc.tuple(fc.constantFrom(...FLAGS), fc.constantFrom('*', ...SCOPES))
  return fc
    .tuple(keys, fc.option(layers, { freq: 5 }))
    .map(([[flag, scope], layer]) => edit('layer', layerKey(flag, scope), layer))
}

function removals(): fc.Arbitrary<readonly Edit[]> {
  return fc.oneof(
    fc.constantFrom(...SEGMENTS).map((key) => [edit('segment', key, null)]),
    fc.constantFrom(...ENVIRONMENTS).map((key) => [edit('environment', key, null)]),
    fc.constantFrom(...INSTANCES).map((key) => [edit('instance', key, null)]),
    fc.constantFrom(...FLAGS).map((key) => [edit('flag', key, null)]),
  )
}

/** Without a salt: the compiler sets it. */
function clause(
  op: Clause['op'],
  attributes: readonly string[],
  values: readonly Clause['values'][number][],
): fc.Arbitrary<Clause> {
  return optional<Omit<Clause, 'salt' | 'hashed'>>(
    {
      attribute: fc.constantFrom(...attributes),
      op: fc.constant(op),
      values: fc.subarray([...values], { minLength: 1 }),
      negate: fc.boolean(),
      ignoreCase: fc.boolean(),
    },
    ['attribute', 'op', 'values'],
  )
}

function definitionOf(key: keyof typeof FLAG_TYPES): fc.Arbitrary<FlagDefinition> {
  const type = FLAG_TYPES[key]
  return optional<FlagDefinition>(
    {
      key: fc.constant(key),
      type: fc.constant(type),
      kind: fc.constantFrom('release' as const, 'config' as const),
      variants: fc
        .tuple(...VARIANTS.map(() => valuesOf(type)))
        .map((values) => VARIANTS.map((name, i) => ({ key: name, value: values[i]! }))),
      description: fc.constantFrom('', 'The new checkout.'),
      owner: fc.constantFrom('', 'ada'),
      tags: fc.constantFrom({}, { team: 'web' }),
      clientVisible: fc.boolean(),
      permanent: fc.boolean(),
      expectedRemovalAt: fc.constant('2027-01-01T00:00:00Z'),
      prerequisites: fc.oneof(
        { weight: 3, arbitrary: fc.constant<[]>([]) },
        fc.tuple(
          record({
            flag: fc.constantFrom(...FLAGS),
            variants: fc.subarray([...VARIANTS], { minLength: 1 }),
          }),
        ),
      ),
      archivedAt: fc.constant('2026-11-20T08:00:00Z'),
    },
    [
      'key',
      'type',
      'kind',
      'variants',
      'description',
      'owner',
      'tags',
      'clientVisible',
      'permanent',
      'prerequisites',
    ],
  )
}

function valuesOf(type: (typeof FLAG_TYPES)[keyof typeof FLAG_TYPES]) {
  if (type === 'boolean') return fc.boolean()
  if (type === 'string') return fc.string()
  // JSON has no negative zero.
  if (type === 'number')
    return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
  return fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as string)
}
