import { project } from '../project/project.svelte.ts'
import { searchParameter, setSearch } from '../router.ts'

const NONE = 'none'

/** Returns the environment that shows its instances: that of the URL, or the production one. */
export function openEnvironment(): string | undefined {
  const wanted = searchParameter('open')
  if (wanted === NONE) return undefined
  const open = project.environments.find(({ key }) => key === wanted)
  return open?.key ?? productionEnvironment()
}

/** Returns the environment that matters most: the first protected one, or the last of all. */
export function productionEnvironment(): string | undefined {
  const { environments } = project
  return (environments.find((one) => one.protected) ?? environments.at(-1))?.key
}

export function setOpenEnvironment(environment: string | undefined): void {
  setSearch({ open: environment ?? NONE })
}
