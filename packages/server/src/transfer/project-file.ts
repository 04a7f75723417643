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
  View,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { mapInTurns } from '../pause.ts'

/** The lists of a project file, and the schema of their entities. */
export const LISTS = {
  environments: Environment,
  instances: Instance,
  segments: Segment,
  flags: Flag,
  metrics: Metric,
  plans: Plan,
  freezes: Freeze,
  views: View,
} as const

const listOf = <T extends z.ZodType<{ key: string }>>(entity: T) =>
  z.array(entity).superRefine((entities, context) => {
    for (const { i, message } of repeatedKeys(entities))
      context.addIssue({ code: 'custom', path: [i, 'key'], message })
  })

/** Returns the places of entities whose key occurred before. */
export function repeatedKeys(
  entities: readonly { readonly key: string }[],
): readonly { readonly i: number; readonly message: string }[] {
  const seen = new Set<string>()
  return entities.flatMap(({ key }, i) => {
    const isRepeated = seen.has(key)
    seen.add(key)
    return isRepeated ? [{ i, message: `"${key}" occurs twice.` }] : []
  })
}

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
  views: listOf(View).optional().meta({ description: 'Saved views' }),
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

/**
 * Returns the file of a project as JSON, in turns of the event loop that are short. Equal projects
 * yield equal bytes, whatever their history.
 */
export async function exportText(state: ProjectState): Promise<string> {
  const members = ['"flaghoist":1', `"project":${canonicalJson(state.project)}`]
  for (const name of Object.keys(LISTS) as (keyof typeof LISTS)[]) {
    const entities: readonly (readonly [string, unknown])[] = [...state[name]]
    const ordered = entities.toSorted(([a], [b]) => (a < b ? -1 : 1))
    const texts = await mapInTurns(ordered, ([, entity]) => canonicalJson(entity))
    members.push(`${JSON.stringify(name)}:[${texts.join(',')}]`)
  }
  return `{${members.join(',')}}`
}
