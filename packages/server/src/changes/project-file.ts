import { layerKey, type ProjectState } from '@flaghoist/core/model'
import { Environment, Flag, Instance, Project, Segment, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { PlannedEdit } from './changes.ts'

/** A whole project as one JSON file. API keys are not in it: a copy of a project is no copy of its credentials. */
export const ProjectFile = strict({
  flaghoist: z.literal(1).meta({ description: 'Version of this format' }),
  project: Project,
  environments: z.array(Environment),
  instances: z.array(Instance),
  segments: z.array(Segment),
  flags: z.array(Flag),
}).meta({ id: 'ProjectFile' })

export type ProjectFile = z.infer<typeof ProjectFile>

/** `merge` creates and updates what the file has; `replace` also takes away what it lacks. */
export type ImportMode = 'merge' | 'replace'

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

/** A flag is imported whole: layers that the file lacks go. */
function flagEdits(state: ProjectState, { layers, ...definition }: Flag): PlannedEdit[] {
  const { key } = definition
  const known = Object.keys(state.flags.get(key)?.layers ?? {})
  const dropped = known.filter((scope) => !Object.hasOwn(layers, scope))
  return [
    { kind: 'flag', key, after: definition },
    ...Object.entries(layers).map(
      ([scope, after]): PlannedEdit => ({ kind: 'layer', key: layerKey(key, scope), after }),
    ),
    ...dropped.map(
      (scope): PlannedEdit => ({ kind: 'layer', key: layerKey(key, scope), after: null }),
    ),
  ]
}

function planRemovals(state: ProjectState, file: ProjectFile, now: string): PlannedEdit[] {
  const lacks = (has: readonly { key: string }[]) => {
    const keys = new Set(has.map(({ key }) => key))
    return (key: string) => !keys.has(key)
  }
  const gone = (kind: 'environment' | 'instance' | 'segment', map: ReadonlyMap<string, unknown>) =>
    [...map.keys()]
      .filter(lacks(file[`${kind}s`]))
      .map((key): PlannedEdit => ({ kind, key, after: null }))
  const retired = [...state.flags.values()]
    .filter(({ key, archivedAt }) => archivedAt === undefined && lacks(file.flags)(key))
    .map(({ layers: _, ...flag }): PlannedEdit => {
      return { kind: 'flag', key: flag.key, after: { ...flag, archivedAt: now } }
    })
  return [
    ...retired,
    ...gone('segment', state.segments),
    ...gone('instance', state.instances),
    ...gone('environment', state.environments),
  ]
}

function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entity]) => entity)
}
