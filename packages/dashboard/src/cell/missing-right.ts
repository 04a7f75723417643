/** Returns why a key may not change a scope; undefined if it may. */
export function missingRight(scope: string, bound: string | undefined): string | undefined {
  if (bound === undefined || scope === bound || scope.startsWith(`${bound}/`)) return undefined
  return `Your key is limited to ${bound}. Use a key for ${scope === '*' ? 'all scopes' : scope}.`
}

/** Returns why a key may not create and delete projects; undefined if it may. */
export function missingProjectsRight({
  project,
  scope,
}: {
  readonly project: string
  readonly scope?: string
}): string | undefined {
  if (project === '*' && scope === undefined) return undefined
  return `Your key is limited to ${scope ?? `the project ${project}`}. Use a key of all projects.`
}
