import { fileURLToPath } from 'node:url'
import { requireFileHandles } from '../file-handles.ts'
import {
  type FlaghoistServer,
  type Program,
  startFlaghoistServer,
  startProgram,
} from '../server.ts'
import { measureAccepts, memoryOf } from './accepts.ts'
import { SERVER_CORE } from './cores.ts'
import { measureKills } from './kills.ts'
import { report } from './report.ts'
import { requestText } from './request-text.ts'

const HTTP_FLOOR = fileURLToPath(new URL('http-floor.ts', import.meta.url))
const FLAG = 'flag-0'
const FLAGS = 20
/** Files of a server besides its streams. */
const OTHER_FILES = 200

export interface StreamsOptions {
  /** Open streams at once. */
  readonly streams: number
  readonly kills: number
  /** Times that all streams are opened. */
  readonly storms: number
}

/** Measures kills of many open streams, storms of reconnects, and memory. */
export async function benchStreams({ streams, kills, storms }: StreamsOptions) {
  requireFileHandles(streams + OTHER_FILES)
  // Heartbeats would come between the events that are timed.
  const server = await startFlaghoistServer({ FLAGHOIST_HEARTBEAT_MS: '15000' }, SERVER_CORE)
  const programs: Program[] = [server]
  try {
    const { identity, gzip, resumed, bytes } = await prepare(server)
    const floor = await startProgram([HTTP_FLOOR], { START_BYTES: `${bytes}` }, SERVER_CORE)
    programs.push(floor)
    const memory = {
      ours: await memoryOf({ program: server, request: identity }, streams),
      floor: await memoryOf({ program: floor, request: identity }, streams),
    }
    const accept = (request: string) =>
      measureAccepts({
        ours: { program: server, request },
        floor: { program: floor, request: identity },
        streams,
        storms,
      })
    const kill = (request: string, count: number) =>
      measureKills(server, { flag: FLAG, request, streams: count, rounds: kills })
    return report({
      streams,
      memory,
      accepts: {
        'new streams': await accept(identity),
        'new streams (gzip)': await accept(gzip),
        'resumed streams (gzip)': await accept(resumed),
      },
      alone: await kill(identity, 1),
      kills: { identity: await kill(identity, streams), gzip: await kill(gzip, streams) },
    })
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
  }
}

/** Creates flags, and returns the requests that open a stream, and the size of the ruleset. */
async function prepare(server: FlaghoistServer) {
  for (let i = 0; i < FLAGS; i += 1) {
    await server.ask('POST', 'flags', { key: `flag-${i}` })
    await server.ask('PUT', `flags/flag-${i}/layers/production`, { on: true })
  }
  const headers = {
    authorization: `Bearer ${await server.makeKey('production')}`,
    accept: 'text/event-stream',
    'flaghoist-sdk': '@flaghoist/node/0.2.0',
    'flaghoist-sdk-id': '{id}',
  }
  const ruleset = await fetch(`${server.url}/sdk/v1/ruleset`, { headers })
  const cursor = ruleset.headers.get('etag')!.replace(/^"|-.*$/g, '')
  const { byteLength: bytes } = await ruleset.arrayBuffer()
  const text = (more: Readonly<Record<string, string>>) =>
    requestText('GET /sdk/v1/stream', { ...headers, ...more })
  return {
    bytes,
    identity: text({}),
    gzip: text({ 'accept-encoding': 'gzip' }),
    resumed: text({ 'accept-encoding': 'gzip', 'last-event-id': cursor }),
  }
}
