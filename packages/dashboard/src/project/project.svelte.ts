import { untrack } from 'svelte'
import { api, bodyOf, type Schema } from '../api/client.ts'
import { activity } from '../live/activity.svelte.ts'
import { editsKind } from '../live/activity-events.ts'
import { searchParameter } from '../router.ts'
import { session } from '../session/session.svelte.ts'

type Environment = Schema<'Environment'>
type Instance = Schema<'Instance'>

const keys = $derived(session.identity?.projects.map(({ key }) => key) ?? [])
const key = $derived.by(() => {
  const wanted = searchParameter('project')
  return wanted !== undefined && keys.includes(wanted) ? wanted : keys[0]
})
let environments = $state.raw<readonly Environment[]>([])
let instances = $state.raw<readonly Instance[]>([])

const LIMIT = 1_000

/** The project on screen, with the environments and instances that the key sees. */
export const project = {
  /** Keys of all projects that the key sees. */
  get keys(): readonly string[] {
    return keys
  },
  /** Key of the project of the URL, or of the only one. */
  get key(): string | undefined {
    return key
  },
  /** Environments in their order. */
  get environments() {
    return environments
  },
  /** Instances that are not retired, in the order of their keys. */
  get instances() {
    return instances
  },
}

/** Returns the path parameters of a request to the project. */
export function inProject(): { project: string } {
  return { project: project.key ?? '' }
}

/** Returns the version that the project had when the session was loaded. */
function versionAtStart(): number | undefined {
  return session.identity?.projects.find((one) => one.key === project.key)?.version
}

/** Loads environments and instances, and again when one changes. For the root component. */
export function followProject(): void {
  $effect(() => {
    if (project.key === undefined) return
    activity.open(project.key, untrack(versionAtStart))
    void loadScopes()
    const stops = [
      activity.onChange((change) => {
        if (editsKind(change, 'environment', 'instance')) void loadScopes()
      }),
      activity.onGap(() => void loadScopes()),
    ]
    return () => {
      for (const stop of stops) stop()
      activity.close()
    }
  })
}

async function loadScopes(): Promise<void> {
  const path = inProject()
  const params = { path, query: { limit: LIMIT } }
  try {
    const [ofEnvironments, ofInstances] = await Promise.all([
      bodyOf(api.GET('/api/v1/projects/{project}/environments', { params })),
      bodyOf(api.GET('/api/v1/projects/{project}/instances', { params })),
    ])
    // People may have opened another project meanwhile.
    if (path.project !== project.key) return
    environments = ofEnvironments.items.toSorted((a, b) => a.order - b.order)
    instances = ofInstances.items.filter(({ status }) => status !== 'retired')
  } catch {
    // The screen shows the problem. The next gap or change loads them again.
  }
}
