import { curlCommand } from '../api/curl.ts'
import { productionEnvironment } from '../matrix/open-environment.ts'
import { project } from '../project/project.svelte.ts'
import { currentPath, searchParameter } from '../router.ts'
import { boundScope } from '../session/session.svelte.ts'

type Query = Readonly<Record<string, string | undefined>>

/** A request of the API, below its project. */
interface ApiRequest {
  readonly path: string
  readonly query?: Query
  /** Body of a POST; absent for a GET. */
  readonly body?: object
}

/** Keys of the parts of a path, as the URL has them. */
type Keys = readonly string[]

// A link may name anything. Encoded, a dollar sign begins no command of the shell.
const key = ([first = '']: Keys): string => encodeURIComponent(decodeURIComponent(first))
const of = (name: string): string | undefined => searchParameter(name)

/** The request of each screen, by the pattern of its path. */
const REQUESTS: readonly (readonly [RegExp, (keys: Keys) => ApiRequest])[] = [
  [/^\/$/, () => ({ path: 'attention' })],
  [/^\/flags$/, () => ({ path: 'matrix', query: { query: of('q') } })],
  [/^\/flags\/([^/]+)$/, (keys) => requestOfFlag(key(keys))],
  [
    /^\/rollouts$/,
    () => ({ path: 'rollouts', query: { inProgress: String(of('show') !== 'ended') } }),
  ],
  [
    /^\/rollouts\/([^/]+)$/,
    (keys) => ({ path: `rollouts/${key(keys)}/overview`, query: { scope: of('scope') } }),
  ],
  [/^\/start-rollout$/, requestOfStart],
  [/^\/plans$/, () => ({ path: 'plan-usage' })],
  [/^\/plans\/([^/]+)(?:\/edit)?$/, (keys) => ({ path: `plans/${key(keys)}/overview` })],
  [/^\/create-plan$/, () => ({ path: 'plans' })],
  [/^\/report$/, () => ({ path: 'report', query: { instance: of('instance') } })],
  [/^\/instances$/, () => ({ path: 'instance-usage' })],
  [
    /^\/instances\/([^/]+)$/,
    (keys) => ({ path: 'matrix', query: { query: `instance:"${key(keys)}"` } }),
  ],
  [/^\/drift$/, requestOfDrift],
  [
    /^\/log$/,
    () => ({
      path: 'changes',
      query: { flag: of('flag'), scope: of('scope'), actor: of('actor'), limit: '50' },
    }),
  ],
  [/^\/connections$/, () => ({ path: 'propagation' })],
  [/^\/try$/, requestOfTrial],
  [/^\/segments$/, () => ({ path: 'segment-usage' })],
  [/^\/segments\/([^/]+)$/, (keys) => ({ path: `segments/${key(keys)}/overview` })],
  [/^\/rollout-metrics$/, () => ({ path: 'metric-usage' })],
  [/^\/stale$/, () => ({ path: 'stale-flags' })],
  [/^\/freezes$/, () => ({ path: 'freezes' })],
  [/^\/notifications$/, () => ({ path: 'subscriptions' })],
  [/^\/keys$/, () => ({ path: 'keys' })],
  [/^\/settings$/, () => ({ path: 'environments' })],
  [/^\/views\/[^/]+$/, () => ({ path: 'views' })],
  [/^\/start$/, () => ({ path: 'propagation' })],
]

/** Returns the command that reads the screen; undefined on a page that does not exist. */
export function screenCommand(): string | undefined {
  const cell = /^(.+)@([^@]+)$/.exec(of('cell') ?? '')
  if (cell) {
    const query = { scope: cell[2], cell: 'true' }
    return commandOf({ path: `flags/${encodeURIComponent(cell[1]!)}/overview`, query })
  }
  const path = currentPath()
  for (const [pattern, requestOf] of REQUESTS) {
    const found = pattern.exec(path)
    if (found) return commandOf(requestOf(found.slice(1)))
  }
  return undefined
}

function commandOf({ path, query = {}, body }: ApiRequest): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1])
  const text = new URLSearchParams(given).toString()
  return curlCommand(
    `projects/${project.key}/${path}${text && `?${text}`}`,
    body && JSON.stringify(body).replaceAll("'", String.raw`'\''`),
  )
}

function requestOfFlag(flag: string): ApiRequest {
  const path = `flags/${flag}`
  switch (of('tab')) {
    case 'rollout':
      return { path: 'rollouts', query: { flag: decodeURIComponent(flag) } }
    case 'exposure':
      return { path: `${path}/exposures` }
    case 'usage':
      return { path: `${path}/usage` }
    case 'history':
      return { path: 'changes', query: { flag: decodeURIComponent(flag) } }
    default:
      return { path: `${path}/overview`, query: { scope: of('scope') } }
  }
}

function requestOfStart(): ApiRequest {
  const flag = of('flag')
  if (flag === undefined) return { path: 'plans' }
  const query = { plan: of('plan') ?? 'standard', environment: of('environment') }
  return { path: `flags/${encodeURIComponent(flag)}/rollout-options`, query }
}

function requestOfDrift(): ApiRequest {
  const scopes = of('scopes') ?? `${productionEnvironment()}/*`
  return { path: 'drift', query: { scopes, query: of('q') } }
}

function requestOfTrial(): ApiRequest {
  const scope = of('scope') ?? boundScope() ?? project.environments.at(-1)?.key
  const unit = of('unit')
  return { path: 'evaluate', body: { scope, context: unit ? { targetingKey: unit } : {} } }
}
