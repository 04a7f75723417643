import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFlags, type NodeFlags } from '../../packages/sdk-node/src/index.ts'

/** An SDK that keeps its ruleset in a file. */
export interface CachedSdk {
  readonly flags: NodeFlags
  /** The versions that went back, such as `12 → 11`. */
  readonly backwards: readonly string[]
  /** Returns the ruleset in its cache, as JSON; empty without a file. */
  cached(): string
}

/** @param cacheDir an empty folder */
export async function openCachedSdk(
  url: string,
  key: string,
  cacheDir: string,
): Promise<CachedSdk> {
  const flags = createFlags({ url, key, cacheDir })
  const backwards: string[] = []
  let latest = 0
  flags.on('change', () => {
    const { version = 0 } = flags.status()
    if (version < latest) backwards.push(`${latest} → ${version}`)
    latest = version
  })
  await flags.ready({ timeout: 20_000 })
  return { flags, backwards, cached: () => readCached(cacheDir) }
}

function readCached(dir: string): string {
  const file = readdirSync(dir).find((name) => name.endsWith('.json'))
  const text = file === undefined ? '' : readFileSync(join(dir, file), 'utf8')
  return text.slice(text.indexOf('{'))
}
