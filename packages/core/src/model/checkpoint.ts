import type { Flag, Layer, RolloutRun } from '../schema/index.ts'
import { parseRunKey, runKey } from '../scope.ts'
import { packAllocations, unpackAllocations } from './checkpoint-allocations.ts'
import { CopyOnWriteMap } from './copy-on-write-map.ts'
import type { PastServes } from './past-serves.ts'
import { EMPTY_STATE, type InstanceRevisions, type ProjectState } from './state.ts'

/** One part of a state as JSON: the name of its collection, its key there, and its value. */
export type StatePart = readonly [name: string, key: string, value: unknown]

/** The collections with a part for each item. */
type Collections = Omit<ProjectState, 'project' | 'version' | 'flags' | 'runs'>
type Item<M> = M extends ReadonlyMap<string, infer V> ? V : never

interface Form<V> {
  toJson(value: V): unknown
  fromJson(json: never): V
}

const AS_IS = { toJson: (value: unknown) => value, fromJson: (json: never) => json }
const MAP = {
  toJson: (map: ReadonlyMap<string, unknown>) => [...map],
  fromJson: (entries: never) => new Map<string, never>(entries),
}

/** The form of the items of each collection; those without a map are JSON already. */
const FORMS: { readonly [C in keyof Collections]: Form<Item<Collections[C]>> } = {
  environments: AS_IS,
  instances: AS_IS,
  segments: AS_IS,
  kills: AS_IS,
  apiKeys: AS_IS,
  metrics: AS_IS,
  plans: AS_IS,
  rollouts: AS_IS,
  freezes: AS_IS,
  subscriptions: AS_IS,
  views: AS_IS,
  editedAt: AS_IS,
  segmentRevisions: AS_IS,
  flagRevisions: MAP,
  flagAllocations: { toJson: packAllocations, fromJson: unpackAllocations },
  instanceRevisions: {
    toJson: ({ retirement, tags }) => [retirement, [...tags]],
    fromJson: ([retirement, tags]: [number, [string, number][]]): InstanceRevisions => ({
      retirement,
      tags: new Map(tags),
    }),
  },
  pastServes: {
    toJson: ({ rollout, splits }) => [rollout ?? null, [...splits]],
    fromJson: ([rollout, splits]: [PastServes['rollout'] | null, never[]]): PastServes => ({
      rollout: rollout ?? undefined,
      splits: new Map(splits),
    }),
  },
}
const NAMES = Object.keys(FORMS) as (keyof Collections)[]

/** Yields a state in small parts, so that its writer can pause between them. */
export function* partsOfState(state: ProjectState): Generator<StatePart> {
  yield ['version', '', state.version]
  if (state.project !== undefined) yield ['project', '', state.project]
  yield* partsOfFlags(state.flags)
  yield* partsOfRuns(state.runs)
  for (const name of NAMES) {
    const { toJson } = FORMS[name] as Form<unknown>
    for (const [key, item] of state[name]) yield [name, key, toJson(item)]
  }
}

/** Layers that are one object stay one: compile shares what they compile to. */
function* partsOfFlags(flags: ReadonlyMap<string, Flag>): Generator<StatePart> {
  const numbers = new Map<Layer, number>()
  for (const [key, { layers, ...definition }] of flags) {
    const numbered: [string, number][] = []
    for (const [scope, layer] of Object.entries(layers)) {
      const number = numbers.get(layer) ?? numbers.size
      if (number === numbers.size) yield ['layer', '', layer]
      numbers.set(layer, number)
      numbered.push([scope, number])
    }
    yield ['flag', key, [definition, numbered]]
  }
}

function* partsOfRuns(runs: ProjectState['runs']): Generator<StatePart> {
  for (const [rollout, own] of runs)
    for (const [scope, run] of own) yield ['runs', runKey(rollout, scope), run]
}

/** Returns the state of {@link partsOfState}. */
export function stateOfParts(parts: Iterable<StatePart>): ProjectState {
  const flags = new CopyOnWriteMap<Flag>()
  const runs = new CopyOnWriteMap<CopyOnWriteMap<RolloutRun>>()
  const layers: Layer[] = []
  const state: { -readonly [K in keyof ProjectState]: ProjectState[K] } = {
    ...EMPTY_STATE,
    flags,
    runs,
  }
  const collections = new Map(NAMES.map((name) => [name as string, new CopyOnWriteMap<unknown>()]))
  Object.assign(state, Object.fromEntries(collections))
  for (const [name, key, value] of parts) {
    if (name === 'version') state.version = value as number
    else if (name === 'project') state.project = value as ProjectState['project']
    else if (name === 'layer') layers.push(value as Layer)
    else if (name === 'flag') flags.set(key, flagOfJson(value as FlagJson, layers))
    else if (name === 'runs') addRun(runs, key, value as RolloutRun)
    else collections.get(name)?.set(key, FORMS[name as keyof Collections].fromJson(value as never))
  }
  return state
}

function addRun(
  runs: CopyOnWriteMap<CopyOnWriteMap<RolloutRun>>,
  key: string,
  run: RolloutRun,
): void {
  const { rollout, scope } = parseRunKey(key)
  const own = runs.get(rollout) ?? new CopyOnWriteMap()
  runs.set(rollout, own.set(scope, run))
}

type FlagJson = readonly [Omit<Flag, 'layers'>, readonly (readonly [string, number])[]]

function flagOfJson([definition, numbered]: FlagJson, layers: readonly Layer[]): Flag {
  const own = numbered.map(([scope, number]) => [scope, layers[number]!] as const)
  return { ...definition, layers: Object.fromEntries(own) }
}
