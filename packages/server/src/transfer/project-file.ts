import { canonicalJson } from '@flaghoist/core/internal'
import type { ProjectState } from '@flaghoist/core/model'
import {
  Environment,
  Flag,
  Freeze,
  Instance,
  Metric,
  Plan,
  Project,
  Segment,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'

const listOf = <T extends z.ZodType<{ key: string }>>(entity: T) =>
  z.array(entity).superRefine((entities, context) => {
    const seen = new Set<string>()
    for (const [i, { key }] of entities.entries()) {
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: [i, 'key'], message: `"${key}" occurs twice.` })
      seen.add(key)
    }
  })

/**
 * A whole project as one JSON file, without its API keys: a copy of a project is not a copy of its
 * credentials.
 */
export const ProjectFile = strict({
  flaghoist: z.literal(1).meta({ description: 'Version of the file format' }),
  project: Project.meta({ description: 'The exported project' }),
  environments: listOf(Environment).meta({ description: 'Environments' }),
  instances: listOf(Instance).meta({ description: 'Instances' }),
  segments: listOf(Segment).meta({ description: 'Segments' }),
  flags: listOf(Flag).meta({ description: 'Flags with their layers' }),
  // Files of earlier versions have none of these.
  metrics: listOf(Metric).optional().meta({ description: 'Metrics' }),
  plans: listOf(Plan).optional().meta({ description: 'Plans of rollouts' }),
  freezes: listOf(Freeze).optional().meta({ description: 'Freezes' }),
}).meta({
  id: 'ProjectFile',
  description: 'Whole project as one file, without API keys and change log',
  example: {
    flaghoist: 1,
    project: { key: 'default', name: 'Shop' },
    environments: [],
    instances: [],
    segments: [
      {
        key: 'beta-testers',
        name: 'Beta testers',
        include: ['ada', 'grace'],
        exclude: [],
        when: [],
      },
    ],
    flags: [],
  },
})

export type ProjectFile = z.infer<typeof ProjectFile>

/** Exports a project. Equal projects yield equal bytes, whatever their history. */
export function exportProject(state: ProjectState): ProjectFile {
  return {
    flaghoist: 1,
    project: state.project ?? { key: '', name: '' },
    environments: sorted(state.environments),
    instances: sorted(state.instances),
    segments: sorted(state.segments),
    flags: sorted(state.flags),
    metrics: sorted(state.metrics),
    plans: sorted(state.plans),
    freezes: sorted(state.freezes),
  }
}

function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entity]) => JSON.parse(canonicalJson(entity)) as T) // Members in order as well.
}
