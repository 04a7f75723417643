import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { isFlaghoistError } from '@flaghoist/core'
import type { Audience } from '@flaghoist/core/model'
import type { PlannedEdit, Projects } from '../src/projects/projects.ts'
import { createRulesets } from '../src/rulesets/create-rulesets.ts'
import { confirmCursor, parseCursor } from '../src/rulesets/cursor.ts'
import { Channel } from '../src/streams/channel.ts'
import { createStreamHub, type HubOptions } from '../src/streams/create-hub.ts'
import type { StreamHub } from '../src/streams/hub.ts'
import { createPropagation, type Propagation } from '../src/streams/propagation.ts'
import { type CreateRulesetChannel, rulesetChannels } from '../src/streams/ruleset-channels.ts'
import { GZIP, IDENTITY } from '../src/streams/stream-encoding.ts'
import { creationOf, openShop, SHOP, writeOf } from './shop.ts'

/** A hub over real changes and sockets, without its server, so that tests control its clock. */
export interface HubServer extends AsyncDisposable {
  readonly url: string
  readonly projects: Projects
  readonly hub: StreamHub
  readonly propagation: Propagation
  /** Responses whose stream was asked for, oldest first. */
  readonly responses: readonly ServerResponse[]
  readonly http: Server
  /** Commits one change and returns its version. */
  commit(...edits: PlannedEdit[]): Promise<number>
  /** Moves the monotonic clock. */
  advance(ms: number): void
}

export interface HubServerOptions extends Partial<HubOptions> {
  /** Initial entities of the project `shop`. */
  readonly project?: readonly PlannedEdit[]
  readonly bufferBytes?: number
  /** Creates the channel of a target. */
  readonly channel?: CreateRulesetChannel
  /** Awaited before the stream of a request is opened. */
  readonly beforeOpen?: (response: ServerResponse) => Promise<unknown>
}

/** Starts a hub whose keys name their audience and scope: `server:production/acme`. */
export async function startHub({
  project = SHOP,
  beforeOpen,
  bufferBytes = 262_144,
  channel = (published, _, encoding) => new Channel(published, encoding, bufferBytes),
  ...options
}: HubServerOptions = {}): Promise<HubServer> {
  const { projects, stores } = await openShop()
  await projects.commit(...creationOf(project))
  let clock = 0
  const elapsed = () => clock
  const propagation = createPropagation({ now: Date.now, elapsed })
  const rulesets = createRulesets(projects, (error) => {
    throw error
  })
  const hub = createStreamHub({
    channels: rulesetChannels(rulesets, channel),
    propagation,
    heartbeatMs: 8_000,
    isKeyLive: () => true,
    targetExists: () => true,
    elapsed,
    random: Math.random,
    ...options,
  })
  const responses: ServerResponse[] = []
  const http = createServer(async ({ headers }, response) => {
    const keyId = (headers.authorization ?? '').replace('Bearer ', '')
    const [audience, scope] = keyId.split(':') as [Audience, string]
    const target = { project: 'shop', scope, audience }
    responses.push(response)
    await beforeOpen?.(response)
    const cursor = parseCursor(headers['last-event-id'] as string | undefined)
    const since = await confirmCursor(projects, 'shop', cursor)
    const encoding = headers['accept-encoding'] === 'gzip' ? GZIP : IDENTITY
    try {
      await hub.prepare(target, encoding, since)
      hub.open({
        response,
        target,
        encoding,
        keyId,
        address: String(headers['x-address'] ?? ''),
        sdk: { id: String(headers['flaghoist-sdk-id'] ?? responses.length), name: 'test/1' },
        since,
      })
    } catch (error) {
      response.statusCode = isFlaghoistError(error) ? error.status : 500
      response.end()
    }
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    projects,
    hub,
    propagation,
    responses,
    http,
    commit: async (...edits) => {
      const { change } = await projects.commit(...writeOf(edits))
      return change!.seq
    },
    advance: (ms) => {
      clock += ms
    },
    async [Symbol.asyncDispose]() {
      hub.close()
      http.closeAllConnections()
      http.close()
      await stores.close()
    },
  }
}

/** Opens a stream over a socket that reads nothing until it is resumed. */
export async function openLazyReader(url: string, key: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined) // The server may cut it.
  await once(socket, 'connect')
  socket.pause()
  socket.write(
    `GET /sdk/v1/stream HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${key}\r\n\r\n`,
  )
  return socket
}

/** Resolves once something holds; for what brings about no event. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
