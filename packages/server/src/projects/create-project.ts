import type { PlannedEdit, Write } from './projects.ts'

/** Creates a project with the environment `production`, and further entities in the same change. */
export function createProject(
  { key, name }: { readonly key: string; readonly name: string },
  more: readonly PlannedEdit[] = [],
): Write {
  const production = { key: 'production', name: 'Production', order: 0, protected: false }
  return {
    project: key,
    action: 'project.create',
    createsProject: true,
    plan: () => [
      { kind: 'project', key, after: { key, name } },
      { kind: 'environment', key: production.key, after: production },
      ...more,
    ],
  }
}
