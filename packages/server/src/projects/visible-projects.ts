import type { Project } from '@flaghoist/core/schema'
import type { Projects } from './projects.ts'

/** Lists the projects that a key may see. Its project is `*` for a key of all projects. */
export function visibleProjects(
  projects: Projects,
  { project }: { readonly project: string },
): readonly Project[] {
  return projects
    .list()
    .filter(({ key }) => project === '*' || project === key)
    .flatMap(({ state }) => state.project ?? [])
}
