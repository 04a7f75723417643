import { buildScope, type ProjectState } from '@flaghoist/core/model'

type Tags = Readonly<Record<string, string>>

/** The scopes of the instances that have all wanted tags, in some environments. */
export function instanceScopes(
  { environments, instances }: ProjectState,
  wantedTags: Tags,
  wantedEnvironments: readonly string[] = [...environments.keys()],
): readonly string[] {
  const selected = [...instances.values()].filter(({ tags }) => hasTags(tags, wantedTags))
  return wantedEnvironments.flatMap((environment) =>
    selected.map(({ key }) => buildScope(environment, key)),
  )
}

/** Checks that an entity has every wanted tag. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value)
}
