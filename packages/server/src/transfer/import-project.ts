import { EVERYWHERE, layerKey, type ProjectState, parseScope } from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import type { PlannedEdit, PlanSteps, Write } from '../projects/projects.ts'
import type { ProjectFile } from './project-file.ts'

/**
 * `merge` creates and updates the entities of the file; `replace` also removes those that it lacks.
 */
export type ImportMode = 'merge' | 'replace'

export interface ImportOptions {
  readonly mode: ImportMode
  /** The time of the import, ISO 8601. */
  readonly at: string
}

/** Imports a whole file as one change. */
export function importProject(
  project: string,
  file: ProjectFile,
  { mode, at }: ImportOptions,
): Write {
  return {
    project,
    action: 'project.import',
    // The version of all entities is that of the project, which an export carries as its ETag.
    names: (state) => [...state.editedAt.keys()],
    plan: (state) => planImport(state, file, mode, at),
  }
}

/**
 * Plans the edits that make a project equal to a file, in small steps. The project keeps its own
 * key, and flags that the file lacks are archived.
 */
export function* planImport(
  state: ProjectState,
  file: ProjectFile,
  mode: ImportMode,
  now: string,
): PlanSteps {
  const flags: PlannedEdit[] = []
  for (const flag of file.flags) {
    for (const edit of flagEdits(state, flag)) flags.push(edit)
    yield
  }
  const edits: PlannedEdit[] = [
    ...file.environments.map((after) => ({ kind: 'environment' as const, key: after.key, after })),
    ...file.instances.map((after) => ({ kind: 'instance' as const, key: after.key, after })),
    ...file.segments.map((after) => ({ kind: 'segment' as const, key: after.key, after })),
    ...flags,
    ...(file.metrics ?? []).map((after) => ({ kind: 'metric' as const, key: after.key, after })),
    ...(file.freezes ?? []).map((after) => ({ kind: 'freeze' as const, key: after.key, after })),
    ...(file.views ?? []).map((after) => ({ kind: 'view' as const, key: after.key, after })),
    ...(file.plans ?? []).map((after) => ({ kind: 'plan' as const, key: after.key, after })),
  ]
  return mode === 'merge' ? edits : [...edits, ...(yield* planRemovals(state, file, now))]
}

/**
 * Plans the edits of one flag, which is imported whole: layers that the file lacks are deleted. An
 * existing flag keeps its current kills, because the file may be older than they are.
 */
function flagEdits(state: ProjectState, { layers, ...definition }: Flag): PlannedEdit[] {
  const { key } = definition
  const flag = state.flags.get(key)
  const known = flag?.layers ?? {}
  const scopes = new Set([...Object.keys(layers), ...Object.keys(known)])
  return [
    { kind: 'flag', key, after: definition },
    ...[...scopes].map((scope): PlannedEdit => {
      const given = own(layers, scope)
      const after = flag === undefined ? given! : importedLayer(given, own(known, scope)?.killed)
      return { kind: 'layer', key: layerKey(key, scope), after }
    }),
  ]
}

function importedLayer(layer: Layer | undefined, killed: Layer['killed']): Layer | null {
  const { killed: _, ...given } = layer ?? {}
  if (killed !== undefined) return { ...given, killed }
  // A layer that held nothing but a kill is deleted.
  return layer === undefined || (layer.killed && Object.keys(given).length === 0) ? null : given
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function* planRemovals(state: ProjectState, file: ProjectFile, now: string): PlanSteps {
  const removed = (
    kind: 'environment' | 'instance' | 'segment' | 'metric' | 'plan' | 'freeze' | 'view',
  ): PlannedEdit[] => {
    const listed = file[`${kind}s`]
    if (listed === undefined) return []
    const kept = keysOf(listed)
    return [...state[`${kind}s`].keys()]
      .filter((key) => !kept.has(key))
      .map((key) => ({ kind, key, after: null }))
  }
  const kept = keysOf(file.flags)
  const owners = { environments: keysOf(file.environments), instances: keysOf(file.instances) }
  const archived: PlannedEdit[] = []
  for (const flag of state.flags.values()) {
    if (kept.has(flag.key)) continue
    for (const edit of planArchive(flag, owners, now)) archived.push(edit)
    yield
  }
  return [
    ...archived,
    ...removed('view'),
    ...removed('freeze'),
    ...removed('plan'),
    ...removed('metric'),
    ...removed('segment'),
    ...removed('instance'),
    ...removed('environment'),
  ]
}

/**
 * Plans the edits that archive a flag. It keeps its definition and its kills, and drops references
 * to scopes and segments that the import may remove.
 */
function planArchive(
  { layers, ...definition }: Flag,
  owners: ScopeOwners,
  now: string,
): PlannedEdit[] {
  const { key, archivedAt = now } = definition
  const { rules: _, rollout: __, ...base } = layers[EVERYWHERE] ?? {}
  return [
    { kind: 'flag', key, after: { ...definition, archivedAt } },
    ...Object.entries(layers).map(([scope, { killed }]): PlannedEdit => {
      const left = killed !== undefined && existsIn(owners, scope) ? { killed } : null
      return { kind: 'layer', key: layerKey(key, scope), after: scope === EVERYWHERE ? base : left }
    }),
  ]
}

/** The environments and the instances of a file, by key. */
interface ScopeOwners {
  readonly environments: ReadonlySet<string>
  readonly instances: ReadonlySet<string>
}

/** Checks that a file holds the environment and the instance of a scope. */
function existsIn({ environments, instances }: ScopeOwners, scope: string): boolean {
  const { environment, instance } = parseScope(scope)
  const has = (keys: ReadonlySet<string>, key: string | undefined) =>
    key === undefined || keys.has(key)
  return has(environments, environment) && has(instances, instance)
}

function keysOf(entities: readonly { key: string }[]): ReadonlySet<string> {
  return new Set(entities.map(({ key }) => key))
}
