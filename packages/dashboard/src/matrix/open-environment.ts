import { project } from '../project/project.svelte.ts'
import { searchParameter, setSearch } from '../router.ts'

const NONE = 'none'

/** Returns the environment that shows its instances: that of the URL, or the production one. */
export function openEnvironment(): string | undefined {
  const wanted = searchParameter('open')
  if (wanted === NONE) return undefined
  const { environments } = project
  const production = environments.find((one) => one.protected) ?? environments.at(-1)
  return environments.find(({ key }) => key === wanted)?.key ?? production?.key
}

export function setOpenEnvironment(environment: string | undefined): void {
  setSearch({ open: environment ?? NONE })
}
