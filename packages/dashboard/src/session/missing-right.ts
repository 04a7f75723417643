import { boundScope, session } from './session.svelte.ts'

/** Returns why the key of the session may not change a scope; undefined if it may. */
export function missingRight(scope: string): string | undefined {
  const bound = boundScope()
  if (bound === undefined || scope === bound || scope.startsWith(`${bound}/`)) return undefined
  return `Your key is limited to ${bound}. Use a key for ${scope === '*' ? 'all scopes' : scope}.`
}

/** Returns why the key of the session may not create and delete projects; undefined if it may. */
export function missingProjectsRight(): string | undefined {
  if (session.identity === undefined) return undefined
  const { project, scope } = session.identity.key
  if (project === '*' && scope === undefined) return undefined
  return `Your key is limited to ${scope ?? `the project ${project}`}. Use a key of all projects.`
}
