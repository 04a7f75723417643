import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFlags } from '@flaghoist/node'
import { onTestFinished } from 'vitest'
import { ADMIN_KEY } from './http-server.ts'
import { folder } from './server-process.ts'

/** Sends a write until it is acknowledged, as a careful client does. */
export async function write(
  url: string,
  method: string,
  path: string,
  body: unknown,
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${ADMIN_KEY}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  }
  for (;;) {
    const request = { method, headers, body: JSON.stringify(body) }
    const signal = AbortSignal.timeout(5_000)
    const response = await fetch(`${url}/api/v1/projects/default/${path}`, {
      ...request,
      signal,
    }).catch(() => undefined)
    if (response?.ok) return response
    if (response !== undefined && ![409, 503].includes(response.status))
      throw new Error(`${response.status} ${await response.text()}`)
    await sleep(50)
  }
}

/** Opens an SDK that keeps its ruleset in a file, and records the versions that went back. */
export async function openSdk(url: string, key: string) {
  const cacheDir = folder()
  const flags = createFlags({ url, key, cacheDir })
  onTestFinished(() => flags.close())
  const backwards: string[] = []
  let latest = 0
  flags.on('change', () => {
    const { version = 0 } = flags.status()
    if (version < latest) backwards.push(`${latest} → ${version}`)
    latest = version
  })
  await flags.ready()
  return { flags, backwards, cached: () => readCached(cacheDir) }
}

/** The ruleset in the cache of an SDK, as JSON; empty without a file. */
function readCached(dir: string): string {
  const file = readdirSync(dir).find((name) => name.endsWith('.json'))
  const text = file === undefined ? '' : readFileSync(join(dir, file), 'utf8')
  return text.slice(text.indexOf('{'))
}
