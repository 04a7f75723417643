import { untrack } from 'svelte'
import { api, bodyOf } from '../api/client.ts'
import { activity } from '../live/activity.svelte.ts'
import type { ProjectScopes } from '../live/activity-events.ts'
import { searchParameter } from '../router.ts'
import { session } from '../session/session.svelte.ts'

const keys = $derived(session.identity?.projects.map(({ key }) => key) ?? [])
const key = $derived.by(() => {
  const wanted = searchParameter('project')
  return wanted !== undefined && keys.includes(wanted) ? wanted : keys[0]
})
/** Environments and instances that were requested since the stream last brought them. */
let requested = $state.raw<ProjectScopes>()
const NONE: ProjectScopes = { environments: [], instances: [] }
const scopes = $derived(requested ?? activity.scopes ?? NONE)
const instances = $derived(scopes.instances.filter(({ status }) => status !== 'retired'))

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
    return scopes.environments
  },
  /** Instances that are not retired, in the order of their keys. */
  get instances() {
    return instances
  },
  /** Returns an instance, also a retired one; undefined if the key sees none of this key. */
  instance(wanted: string) {
    return scopes.instances.find((one) => one.key === wanted)
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

/** Follows the project of the URL by its event stream. For the root component. */
export function followProject(): void {
  $effect(() => {
    requested = undefined
    if (project.key === undefined) return
    activity.open(project.key, untrack(versionAtStart))
    return () => activity.close()
  })
  // A stream that is refused, or held back by a proxy, must not keep people from a form.
  $effect(() => {
    if (activity.status !== 'lost') return
    if (untrack(() => activity.scopes) === undefined) void loadScopes()
    return activity.onGap(() => void loadScopes())
  })
  // A stream is live before it has brought them. Until then, a form needs those on screen.
  $effect(() => {
    if (activity.scopes !== undefined) requested = undefined
  })
}

async function loadScopes(): Promise<void> {
  const path = inProject()
  try {
    const loaded = await bodyOf(api.GET('/api/v1/projects/{project}/scopes', { params: { path } }))
    // The stream may have returned, or people may have opened another project meanwhile.
    if (path.project === project.key && activity.status === 'lost') requested = loaded
  } catch {
    // The screen shows the problem. The next gap loads them again.
  }
}
