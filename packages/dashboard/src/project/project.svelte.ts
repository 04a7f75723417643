import { api, bodyOf, type Schema } from '../api/client.ts'
import { activity } from '../live/activity.svelte.ts'
import { editsKind } from '../live/activity-events.ts'
import { searchParameter } from '../router.ts'

type Environment = Schema<'Environment'>
type Instance = Schema<'Instance'>

let keys = $state.raw<readonly string[]>([])
let environments = $state.raw<readonly Environment[]>([])
let instances = $state.raw<readonly Instance[]>([])

const LIMIT = 1_000

/** The project on screen, with the environments and instances that the key sees. */
export const project = {
  /** Keys of all projects that the key sees. */
  get keys() {
    return keys
  },
  /** Key of the project of the URL, or of the only one. */
  get key(): string | undefined {
    const wanted = searchParameter('project')
    return wanted !== undefined && keys.includes(wanted) ? wanted : keys[0]
  },
  /** Environments in their order. */
  get environments() {
    return environments
  },
  /** Instances that are not retired, in the order of their keys. */
  get instances() {
    return instances
  },

  async loadKeys(): Promise<void> {
    const { items } = await bodyOf(api.GET('/api/v1/projects', {}))
    keys = items.map(({ key }) => key)
  },
}

/** Returns the path parameters of a request to the project. */
export function inProject(): { project: string } {
  return { project: project.key ?? '' }
}

/** Loads environments and instances, and again when one changes. For the root component. */
export function followProject(): void {
  $effect(() => {
    if (project.key === undefined) return
    activity.open(project.key)
    void loadScopes()
    const stop = activity.onChange((change) => {
      if (editsKind(change, 'environment', 'instance')) void loadScopes()
    })
    return () => {
      stop()
      activity.close()
    }
  })
}

async function loadScopes(): Promise<void> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const [ofEnvironments, ofInstances] = await Promise.all([
    bodyOf(api.GET('/api/v1/projects/{project}/environments', { params })),
    bodyOf(api.GET('/api/v1/projects/{project}/instances', { params })),
  ])
  environments = ofEnvironments.items.toSorted((a, b) => a.order - b.order)
  instances = ofInstances.items.filter(({ status }) => status !== 'retired')
}
