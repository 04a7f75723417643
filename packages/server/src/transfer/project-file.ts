import { canonicalJson } from '@flaghoist/core'
import { layerKey, type ProjectState } from '@flaghoist/core/model'
import {
  Environment,
  Flag,
  Instance,
  type Layer,
  Project,
  Segment,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import type { PlannedEdit } from '../projects/projects.ts'

const listOf = <T extends z.ZodType<{ key: string }>>(entity: T) =>
  z.array(entity).superRefine((entities, context) => {
    const seen = new Set<string>()
    for (const [i, { key }] of entities.entries()) {
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: [i, 'key'], message: `"${key}" is there twice.` })
      seen.add(key)
    }
  })

/** A whole project as one JSON file. API keys are not in it: a copy of a project is no copy of its credentials. */
export const ProjectFile = strict({
  flaghoist: z.literal(1).meta({ description: 'Version of this format' }),
  project: Project,
  environments: listOf(Environment),
  instances: listOf(Instance),
  segments: listOf(Segment),
  flags: listOf(Flag),
}).meta({ id: 'ProjectFile' })

export type ProjectFile = z.infer<typeof ProjectFile>

/** `merge` creates and updates what the file has; `replace` also takes away what it lacks. */
export type ImportMode = 'merge' | 'replace'

/** Equal projects give equal bytes, whichever way they came to be. */
export function exportProject(state: ProjectState): ProjectFile {
  return {
    flaghoist: 1,
    project: state.project ?? { key: '', name: '' },
    environments: sorted(state.environments),
    instances: sorted(state.instances),
    segments: sorted(state.segments),
    flags: sorted(state.flags),
  }
}

/** Edits that bring a project to what a file holds. The project keeps its own key; flags that the file lacks are archived. */
export function planImport(
  state: ProjectState,
  file: ProjectFile,
  mode: ImportMode,
  now: string,
): readonly PlannedEdit[] {
  const edits: PlannedEdit[] = [
    ...file.environments.map((after) => ({ kind: 'environment' as const, key: after.key, after })),
    ...file.instances.map((after) => ({ kind: 'instance' as const, key: after.key, after })),
    ...file.segments.map((after) => ({ kind: 'segment' as const, key: after.key, after })),
    ...file.flags.flatMap((flag) => flagEdits(state, flag)),
  ]
  return mode === 'merge' ? edits : [...edits, ...planRemovals(state, file, now)]
}

/**
 * A flag is imported whole: layers that the file lacks go. Kills of a flag that is there already are those of now, which the file cannot
 * know of.
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
      const after = flag === undefined ? given! : withKill(given, own(known, scope)?.killed)
      return { kind: 'layer', key: layerKey(key, scope), after }
    }),
  ]
}

function withKill(layer: Layer | undefined, killed: Layer['killed']): Layer | null {
  const { killed: _, ...given } = layer ?? {}
  if (killed !== undefined) return { ...given, killed }
  // Of a layer that was nothing but a kill, nothing is left.
  return layer === undefined || (layer.killed && Object.keys(given).length === 0) ? null : given
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function planRemovals(state: ProjectState, file: ProjectFile, now: string): PlannedEdit[] {
  const gone = (kind: 'environment' | 'instance' | 'segment'): PlannedEdit[] => {
    const kept = keysOf(file[`${kind}s`])
    return [...state[`${kind}s`].keys()]
      .filter((key) => !kept.has(key))
      .map((key) => ({ kind, key, after: null }))
  }
  const kept = keysOf(file.flags)
  const lacking = [...state.flags.values()].filter(({ key }) => !kept.has(key))
  return [
    ...lacking.flatMap((flag) => retire(flag, file, now)),
    ...gone('segment'),
    ...gone('instance'),
    ...gone('environment'),
  ]
}

/** An archived flag keeps its definition and its kills, and lets go of the scopes and segments that may go with it. */
function retire({ layers, ...definition }: Flag, file: ProjectFile, now: string): PlannedEdit[] {
  const { key, archivedAt = now } = definition
  const { rules: _, rollout: __, ...base } = layers['*'] ?? {}
  return [
    { kind: 'flag', key, after: { ...definition, archivedAt } },
    ...Object.entries(layers).map(([scope, { killed }]): PlannedEdit => {
      const left = killed !== undefined && isLeft(scope, file) ? { killed } : null
      return { kind: 'layer', key: layerKey(key, scope), after: scope === '*' ? base : left }
    }),
  ]
}

/** Whether a scope is still there after an import. */
function isLeft(scope: string, { environments, instances }: ProjectFile): boolean {
  const [environment, instance] = scope.split('/')
  const has = (entities: readonly { key: string }[], key: string | undefined) =>
    key === undefined || entities.some((entity) => entity.key === key)
  return has(environments, environment) && has(instances, instance)
}

function keysOf(entities: readonly { key: string }[]): ReadonlySet<string> {
  return new Set(entities.map(({ key }) => key))
}

function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entity]) => JSON.parse(canonicalJson(entity)) as T) // Members in order as well.
}
