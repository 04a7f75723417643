import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { pipeline } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import { patch, type Ruleset, type RulesetPatch } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { createParser } from 'eventsource-parser'

/** An event as it came. */
interface ServerSentEvent {
  readonly type: string
  readonly data: string
  readonly id: string
}

/** A reader of one stream that applies its events as an SDK does, and throws for invalid ones. */
export interface StreamClient {
  readonly events: readonly ServerSentEvent[]
  readonly retries: readonly number[]
  readonly ruleset: Ruleset | undefined
  /** Everything that came, as text. */
  readonly text: string
  /** Bytes received over the network. */
  readonly received: number
  readonly encoding: string | undefined
  readonly isClosed: boolean
  /** Resolves once something holds that an event or the end brought about. */
  until(what: string, holds: () => boolean): Promise<void>
  close(): void
}

export interface StreamClientOptions {
  readonly since?: string
  /** Of a key that is bound to an environment. */
  readonly instance?: string
  readonly held?: Ruleset
  readonly sdkId?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Told of each ruleset that a `put` or a `patch` led to; what it throws comes out of `until`. */
  readonly onRuleset?: (ruleset: Ruleset, type: string) => void
}

const digestOf = createDigester()

export async function openStreamClient(
  url: string,
  key: string,
  options: StreamClientOptions = {},
): Promise<StreamClient> {
  const events: ServerSentEvent[] = []
  const retries: number[] = []
  let ruleset = options.held
  let text = ''
  let isClosed = false
  let failure: unknown
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const check of [...waiting]) check()
  }

  const { feed } = createParser({
    onRetry: (ms) => retries.push(ms),
    onEvent: ({ event: type = 'message', data: json, id = '' }) => {
      events.push({ type, data: json, id })
      const data: unknown = JSON.parse(json)
      if (type === 'put') ruleset = data as Ruleset
      if (type === 'patch') ruleset = patch(ruleset!, data as RulesetPatch)
      if (type === 'heartbeat') checkHeartbeat(ruleset, data as Heartbeat)
      else options.onRuleset?.(ruleset!, type)
    },
  })
  const { response, sent } = await connect(url, key, options)
  const content = contentOf(response)
  content.setEncoding('utf8')
  content.on('data', (piece: string) => {
    text += piece
    try {
      feed(piece)
    } catch (error) {
      failure ??= error
    }
    wake()
  })
  content.on('close', () => {
    isClosed = true
    wake()
  })
  content.on('error', () => undefined) // The server may cut it; `isClosed` says so.

  return {
    events,
    retries,
    get ruleset() {
      return ruleset
    },
    get received() {
      return response.socket.bytesRead
    },
    encoding: response.headers['content-encoding'],
    get text() {
      return text
    },
    get isClosed() {
      return isClosed
    },
    until: (what, holds) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Waited in vain until ${what}.`)), 5_000)
        const check = () => {
          if (failure === undefined && !holds()) return
          clearTimeout(timer)
          waiting.delete(check)
          if (failure === undefined) resolve()
          else reject(failure)
        }
        waiting.add(check)
        check()
      }),
    close: () => sent.destroy(),
  }
}

/** The content of a response, decompressed piece by piece. */
function contentOf(response: IncomingMessage) {
  if (response.headers['content-encoding'] !== 'gzip') return response
  const flush = constants.Z_SYNC_FLUSH
  return pipeline(response, createGunzip({ flush, finishFlush: flush }), () => undefined)
}

interface Heartbeat {
  readonly epoch: string
  readonly version: number
  readonly digest: string
}

function checkHeartbeat(ruleset: Ruleset | undefined, { epoch, version, digest }: Heartbeat): void {
  if (ruleset?.epoch !== epoch || ruleset.version !== version || digestOf(ruleset) !== digest)
    throw new Error(`A heartbeat of version ${version} does not match what was sent.`)
}

function connect(
  url: string,
  key: string,
  { since, instance, sdkId, headers }: StreamClientOptions,
): Promise<{ response: IncomingMessage; sent: ClientRequest }> {
  return new Promise((resolve, reject) => {
    const query = instance === undefined ? '' : `?instance=${instance}`
    const sent = request(`${url}/sdk/v1/stream${query}`, {
      agent: false,
      headers: {
        authorization: `Bearer ${key}`,
        ...(since === undefined ? {} : { 'last-event-id': since }),
        ...headers,
        ...(sdkId === undefined ? {} : { 'flaghoist-sdk-id': sdkId, 'flaghoist-sdk': 'test/1' }),
      },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      if (response.statusCode === 200) resolve({ response, sent })
      else reject(new Error(`The stream was answered ${response.statusCode}.`))
    })
    sent.end()
  })
}
