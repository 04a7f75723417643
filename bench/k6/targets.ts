import { fileURLToPath } from 'node:url'
import { cpuSeconds } from '../cpu-time.ts'
import { startFlaghoistServer, startProgram } from '../server.ts'
import type { Request, Requests, StreamingTarget } from './requests.ts'

export const FLAGS = Array.from({ length: 20 }, (_, i) => `flag-${i}`)

/** A started server of ours, and the size of its ruleset, which the floor sends too. */
export interface Flaghoist extends StreamingTarget {
  readonly rulesetBytes: number
}

export async function startFlaghoist(): Promise<Flaghoist> {
  const server = await startFlaghoistServer({ FLAGHOIST_SERVER_EVENTS: '1000000000' })
  for (const key of FLAGS) {
    await server.ask('POST', 'flags', { key })
    await server.ask('PUT', `flags/${key}/layers/production`, { on: true })
  }
  const key = await server.makeKey('production')
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(`${server.url}/sdk/v1/ruleset`, { headers })
  const text = await response.text()
  const { version } = JSON.parse(text) as { version: number }
  return {
    name: 'Flaghoist',
    cpuSeconds: () => cpuSeconds(server.pid),
    rulesetBytes: text.length,
    requests: requestsOf(server.url, {
      headers,
      admin: server.adminHeaders,
      revision: version,
    }),
    stream: { url: `${server.url}/sdk/v1/stream`, headers },
    changes: () => readChanges(server.url, server.adminHeaders),
    stop: server.stop,
  }
}

/** Starts a server that answers the same requests with fixed responses. */
export async function startFloor(rulesetBytes: number): Promise<StreamingTarget> {
  const program = fileURLToPath(new URL('floor.ts', import.meta.url))
  const { url, pid, stop } = await startProgram([program], { RULESET_BYTES: `${rulesetBytes}` })
  const headers = { authorization: 'Bearer none' }
  return {
    name: 'floor',
    cpuSeconds: () => cpuSeconds(pid),
    requests: requestsOf(url, { headers, admin: headers, revision: 1 }),
    stream: { url: `${url}/sdk/v1/stream`, headers },
    changes: () => readChanges(url, headers),
    stop,
  }
}

interface Access {
  readonly headers: Request['headers']
  readonly admin: Request['headers']
  readonly revision: number
}

function requestsOf(url: string, { headers, admin, revision }: Access): Requests {
  const json = { 'content-type': 'application/json' }
  const evaluate: Request = {
    method: 'POST',
    url: `${url}/ofrep/v1/evaluate/flags`,
    headers: { ...headers, ...json },
    body: JSON.stringify({ context: { targetingKey: 'user-1', plan: 'pro' } }),
    status: 200,
  }
  const exposures = FLAGS.map((flag) => {
    return { flag, variant: 'on', reason: 'STATIC', revision, count: 1, minute: 0 }
  })
  const report = {
    sdk: { id: 'k6', name: 'k6/1' },
    batch: { id: 'k6-{id}', exposures, outcomes: [] },
  }
  const layer = (flag: string) => `${url}/api/v1/projects/default/flags/${flag}/layers/production`
  return {
    evaluateOne: FLAGS.map((flag) => ({ ...evaluate, url: `${evaluate.url}/${flag}` })),
    evaluateAll: [evaluate],
    ruleset: [{ method: 'GET', url: `${url}/sdk/v1/ruleset`, headers, status: 200 }],
    report: [
      {
        method: 'POST',
        url: `${url}/sdk/v1/events`,
        headers: { ...headers, ...json },
        body: JSON.stringify(report),
        status: 202,
      },
    ],
    write: [false, true].flatMap((on) =>
      FLAGS.map((flag) => ({
        method: 'PUT' as const,
        url: layer(flag),
        headers: { ...admin, ...json },
        body: JSON.stringify({ on }),
        status: 200,
      })),
    ),
  }
}

async function readChanges(url: string, headers: Request['headers']) {
  const response = await fetch(`${url}/api/v1/projects/default/changes?limit=500`, { headers })
  const { items } = (await response.json()) as { items: { seq: number; at: string }[] }
  return new Map(items.map(({ seq, at }) => [seq, Date.parse(at)]))
}
