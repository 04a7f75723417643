import type { ApiKey, Project } from '@flaghoist/core/schema'
import { randomOf } from '../../../../test-support/random.ts'
import { ADMIN_KEY, type TestServer } from '../http-server.ts'
import { loadDocument } from '../openapi-operations.ts'
import { signIn } from '../sign-in.ts'
import { createAnswerCheck } from './answer-check.ts'
import { createRawConnection, type RawAnswer, type RawConnection } from './raw-connection.ts'
import { bytesOf, createRequests, type FuzzRequest, type World } from './requests.ts'
import { createChance } from './values.ts'

export interface FuzzOptions {
  readonly seed: number
  /** URL of a receiver of messages. */
  readonly receiver: string
}

/** Requests to one server, whose states build up. */
export interface Fuzz {
  /** Sends requests, some at once. */
  send(count: number): Promise<void>
  /** Deletes all that the requests have created. */
  clear(): Promise<void>
  /** The first broken promise of each kind, with its request. */
  readonly faults: readonly string[]
  /** Responses so far, by status. */
  readonly statuses: ReadonlyMap<number, number>
}

const PROJECT = 'fuzz'
const KEPT_IDS = 50
const MAX_SHOWN = 1_500
/** Requests that are sent at once, each over a connection of its own. */
const AT_ONCE = 8

export async function startFuzz(
  server: TestServer,
  { seed, receiver }: FuzzOptions,
): Promise<Fuzz> {
  const document = await loadDocument(server.url)
  const next = createRequests(document, createChance(randomOf(seed)))
  const check = createAnswerCheck(document)
  const connections = Array.from({ length: AT_ONCE }, () => createRawConnection(server.url))
  const { host } = new URL(server.url)
  const statuses = new Map<number, number>()
  const faults = new Map<string, string>()
  let ids: string[] = []
  let world: World | undefined

  const sendOne = async (connection: RawConnection, request: FuzzRequest) => {
    try {
      const answer = await connection.send(bytesOf(request, host))
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const fault = check(request, answer)
      if (fault !== undefined) note(fault, request, answer.body.toString())
      if (answer.status === 200 && endsWorld(request)) world = undefined
      learn(answer)
    } catch (error) {
      note(String(error), request)
    }
  }
  const note = (fault: string, { method, path, headers, body }: FuzzRequest, answer = '') => {
    const sent = { method, path, headers, body: body?.toString().slice(0, MAX_SHOWN) }
    const shown = [answer.slice(0, MAX_SHOWN), JSON.stringify(sent, null, 2)]
    if (!faults.has(fault)) faults.set(fault, [fault, ...shown].join('\n'))
  }
  /** Remembers ids, so that later requests name entities that exist. */
  const learn = ({ status, body }: RawAnswer) => {
    if (status > 201) return
    const found = /"(?:id|etag|key)":"([\w.-]+)"/.exec(body.toString('latin1', 0, 2_000))?.[1]
    if (found !== undefined) ids = [...ids, found].slice(-KEPT_IDS)
  }

  return {
    statuses,
    get faults() {
      return [...faults.values()]
    },
    async send(count) {
      for (let left = count; left > 0; left -= AT_ONCE) {
        world ??= await createWorld(server, receiver)
        const requests = connections.map(() => next({ ...world!, ids }))
        await Promise.all(requests.map((request, i) => sendOne(connections[i]!, request)))
      }
    },
    async clear() {
      for (const connection of connections) connection.close()
      await deleteProjects(server)
      world = undefined
      ids = []
    },
  }
}

/** Deletes the project, or revokes a key that may be one of the world. */
const endsWorld = ({ method, path }: FuzzRequest) =>
  method === 'DELETE' && /^\/api\/v1\/projects\/[^/]*(\/keys\/[^/]*)?$/.test(path.split('?')[0]!)

/** Deletes all that requests have created, and keys of all projects first, which prevent it. */
async function deleteProjects({ ask }: TestServer): Promise<void> {
  const { body: projects } = await ask<{ items: Project[] }>('GET', '/api/v1/projects')
  for (const { key } of projects.items.filter((one) => one.key !== 'default')) {
    const path = `/api/v1/projects/${key}`
    const { body: keys } = await ask<{ items: ApiKey[] }>('GET', `${path}/keys`)
    for (const { id, project } of keys.items)
      if (project !== key) await ask('DELETE', `${path}/keys/${id}`)
    const { status, body } = await ask('DELETE', `${path}?confirm=${key}`)
    if (status !== 200) throw new Error(JSON.stringify(body))
  }
}

/** Creates the project anew, with keys of every kind and scope. */
async function createWorld(server: TestServer, receiver: string): Promise<World> {
  await deleteProjects(server)
  const write = async (path: string, body: object) => {
    const answer = await server.ask<{ secret: string }>('POST', `/api/v1/projects${path}`, { body })
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    return answer.body
  }
  await write('', { key: PROJECT })
  await write(`/${PROJECT}/environments`, { key: 'qa' })
  for (const key of ['acme', 'globex']) await write(`/${PROJECT}/instances`, { key })
  const keysOf = async (kind: string) => {
    const scopes = [undefined, 'production', 'production/acme', 'qa/globex']
    const made = scopes.map((scope) =>
      write(`/${PROJECT}/keys`, { name: `${kind} ${scope}`, kind, ...(scope && { scope }) }),
    )
    return (await Promise.all(made)).map(({ secret }) => secret)
  }
  const [admin, ofServers, ofClients] = await Promise.all(['admin', 'server', 'client'].map(keysOf))
  const keys = {
    admin: [...Array<string>(6).fill(ADMIN_KEY), ...Array<string>(6).fill(admin![0]!), ...admin!],
    sdk: [...ofServers!, ...ofClients!],
  }
  const { headers: session } = await signIn(server.url, admin![0]!)
  return { project: PROJECT, keys, session, receiver, ids: [] }
}
