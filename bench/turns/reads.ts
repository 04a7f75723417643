import type { FlaghoistServer } from '../server.ts'
import { flagName, instanceName } from './large-project.ts'
import type { Send } from './writes.ts'

const BASE = '/api/v1/projects/{project}/'

/** Values of the parameters of paths. A `{key}` is the first one of its collection. */
const PATH: Readonly<Record<string, string>> = {
  flag: flagName(0),
  scope: 'production',
  rollout: 'rollout-1',
  instance: instanceName(0),
  seq: '2',
}

/** Values of the parameters of queries, besides the largest `limit`. */
const QUERY: Readonly<Record<string, string>> = {
  scope: 'production',
  scopes: 'production/*',
  environment: 'production',
}

/** Reads with queries that cost more than others. */
const COSTLY = [
  'flags?stale=true&limit=1000',
  'matrix?query=is:stale&limit=1000',
  'matrix?query=state:killed&limit=1000',
  `changes?flag=${flagName(0)}&limit=1000`,
  'changes?actor=unknown&limit=1000',
]

interface Operation {
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly schema: { readonly maximum?: number }
  }[]
}

/**
 * Sends every read of the admin API that its API document lists, as large as it may be. Leaves out
 * the items of collections that are empty.
 */
export async function readAll(send: Send, server: FlaghoistServer): Promise<void> {
  const { paths } = await server.ask<{ paths: Record<string, { get?: Operation }> }>(
    'GET',
    '/openapi.json',
  )
  for (const [path, { get }] of Object.entries(paths)) {
    // A stream never ends.
    if (get === undefined || !path.startsWith(BASE) || path.endsWith('/activity')) continue
    const filled = await filledPath(server, path.slice(BASE.length))
    if (filled !== undefined) await send('GET', filled + queryOf(get))
  }
  for (const path of COSTLY) await send('GET', path)
}

async function filledPath(server: FlaghoistServer, path: string): Promise<string | undefined> {
  if (!path.includes('{key}')) return path.replace(/\{(\w+)\}/g, (_, name) => PATH[name]!)
  const [collection = ''] = path.split('/')
  const { items } = await server.ask<{ items: { key: string }[] }>('GET', collection)
  return items[0] && path.replace('{key}', items[0].key)
}

function queryOf({ parameters = [] }: Operation): string {
  const values = parameters
    .filter((one) => one.in === 'query')
    .map(({ name, schema }) => [name, name === 'limit' ? schema.maximum : QUERY[name]])
    .filter(([, value]) => value !== undefined)
  return values.length === 0
    ? ''
    : `?${values.map(([name, value]) => `${name}=${value}`).join('&')}`
}
