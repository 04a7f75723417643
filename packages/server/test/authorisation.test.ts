import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Served } from './authorisation/access.ts'
import type { Column } from './authorisation/callers.ts'
import {
  type Cell,
  cellOf,
  expectedOf,
  isRead,
  linesOf,
  shownBy,
  titleOf,
} from './authorisation/cells.ts'
import { METRICS_TOKEN, makeColumns } from './authorisation/columns.ts'
import { routesOfRelay, routesOfServer } from './authorisation/registered-routes.ts'
import { assetRows, RELAY_ROWS, SERVER_ROWS, SIGN_OUT_ROWS } from './authorisation/rows.ts'
import { type Received, send } from './authorisation/send.ts'
import { ASSET, makeWorld, type Params, type World } from './authorisation/world.ts'
import { startTestServer, type TestServer } from './http-server.ts'
import { type NoticeReceiver, startNoticeReceiver } from './notice-receiver.ts'
import { startTestRelay } from './relay-server.ts'

const ROUTES = { server: await routesOfServer(), relay: await routesOfRelay() }
const ROWS = {
  server: [...SERVER_ROWS, ...(ASSET === undefined ? [] : assetRows(ASSET)), ...SIGN_OUT_ROWS],
  relay: RELAY_ROWS,
}
const MINUTE_MS = 60_000
const UNLIMITED = { FLAGHOIST_RATE_LIMIT: '0' }

let receiver: NoticeReceiver
let server: TestServer
let world: World
let columns: readonly Column[]

beforeAll(async () => {
  // Keys expire by the wall clock.
  vi.useFakeTimers({ toFake: ['Date'] })
  receiver = await startNoticeReceiver()
  server = await startTestServer({ ...UNLIMITED, FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1' })
  world = await makeWorld(server, receiver)
  columns = await makeColumns(server)
  vi.setSystemTime(Date.now() + 2 * MINUTE_MS)
})
afterAll(async () => {
  vi.useRealTimers()
  await server[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

/** Returns the keys that the settings of the relay list: those of SDKs, valid or not. */
function relayedSecrets(): readonly string[] {
  return columns.flatMap(({ caller, secret }) => {
    const isListed = !('isRelayed' in caller) || caller.isRelayed
    return isListed && /^fh_(server|client)_/.test(secret ?? '') ? [secret!] : []
  })
}

const columnOf = (name: string) => columns.find((column) => column.name === name)!

/** A server or a relay, to which the requests of some lines are sent. */
interface Target extends AsyncDisposable {
  readonly url: string
  /** Token of the OFREP streams. */
  readonly streamToken: string
}

/** Returns the server, or starts a relay. Its streams would slow down the writes of the server. */
async function openTarget(on: Served): Promise<Target> {
  const settings = { ...UNLIMITED, FLAGHOIST_METRICS_TOKEN: METRICS_TOKEN }
  const relay = await (on === 'relay' && startTestRelay(server.url, relayedSecrets(), settings))
  const { url } = relay || server
  return {
    url,
    streamToken: await streamToken(url),
    async [Symbol.asyncDispose]() {
      if (relay) await relay[Symbol.asyncDispose]()
    },
  }
}

/** Returns the token of a stream that an evaluation of all flags advertises. */
async function streamToken(url: string): Promise<string> {
  const { headers } = columnOf('client, instance')
  const body = { context: { targetingKey: 'ada' } }
  const path = '/ofrep/v1/evaluate/flags'
  const { text } = await send({ method: 'POST', url: url + path, headers, body })
  return /token=([^"]+)/.exec(text)![1]!
}

/** The server and the path parameters that all requests of a line use. */
interface Given {
  readonly target: Target
  /** Parameters of the path. */
  readonly given: Params
}

/** Sends the request of a cell. */
function ask({ line: { row }, column }: Cell, { target, given }: Given): Promise<Received> {
  const defaults = { project: 'default', flag: 'whose', scope: 'production/acme', instance: 'acme' }
  const params: Params = { ...defaults, rollout: world.rollout, ...given }
  const { url, streamToken } = target
  const asking = { world, params, fresh: world.fresh(), column, streamToken }
  const [method = '', pattern = ''] = row.route.split(' ')
  const path = pattern.replaceAll(/:(\w+)|\*/g, (whole, name?: string) =>
    name === undefined ? params[whole]! : encodeURIComponent(params[name]!),
  )
  const query = typeof row.query === 'function' ? row.query(asking) : (row.query ?? '')
  const body = typeof row.body === 'function' ? row.body(asking) : row.body
  const { headers } = row.sender === undefined ? column : columnOf(row.sender)
  return send({ method, url: url + path + query, headers, body })
}

/** Sends the requests of some cells at once, and compares what the responses show. */
async function check(cells: readonly Cell[], given: Given): Promise<void> {
  const shown = cells.map(async (cell) => shownBy(cell, await ask(cell, given)))
  expect(byColumn(cells, await Promise.all(shown))).toEqual(byColumn(cells, cells.map(expectedOf)))
}

function byColumn(cells: readonly Cell[], values: readonly object[]): object {
  return Object.fromEntries(cells.map(({ column }, i) => [column.name, values[i]]))
}

interface Changes {
  readonly items: readonly { readonly seq: number; readonly actor: { readonly kind: string } }[]
}

/** Returns the versions of all projects. */
const versions = () =>
  Object.fromEntries(server.server.projects().map(({ key, state }) => [key, state.version]))

/** Checks that no key has changed a project since. The engine of rollouts may have. */
async function expectNoChange(before: Readonly<Record<string, number>>): Promise<void> {
  const after = versions()
  expect(Object.keys(after)).toEqual(Object.keys(before))
  for (const project of Object.keys(after)) {
    if (after[project] === before[project]) continue
    const { body } = await server.ask<Changes>('GET', `/api/v1/projects/${project}/changes`)
    const added = body.items.filter(({ seq }) => seq > before[project]!)
    expect(added.filter(({ actor }) => actor.kind === 'key')).toEqual([])
  }
}

describe.each(['server', 'relay'] as const)('the keys and the routes of a %s', (on) => {
  const lines = linesOf(on, ROWS[on], ROUTES[on])

  test('have a row for each route that is registered, and for no other', () => {
    const routes = new Set(lines.map(({ row }) => row.route))
    expect([...routes].sort()).toEqual([...ROUTES[on]].sort())
  })

  let target: Target
  beforeAll(async () => {
    target = await openTarget(on)
  })
  afterAll(() => target[Symbol.asyncDispose]())

  test.for(lines.map((line) => [titleOf(line), line] as const))('%s', async ([, line]) => {
    const cells = columns.map((column) => cellOf(line, column))
    const prepare = async () => ({ target, given: (await line.row.given?.(world)) ?? {} })
    const given = await prepare()
    const before = versions()
    await check(
      cells.filter(({ letter }) => letter !== '+'),
      given,
    )
    await expectNoChange(before)

    const authorised = cells.filter(({ letter }) => letter === '+')
    // The first request consumes what the refused ones have left.
    for (const [i, cell] of authorised.entries())
      await check([cell], i === 0 || isRead(line) ? given : await prepare())
  })
})
