import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cache } from '@flaghoist/client'

/** What a cache file is for: files of other servers, keys or scopes are never read. */
export interface CacheIdentity {
  readonly url: string
  readonly key: string
  readonly environment?: string | undefined
  readonly instance?: string | undefined
}

/** A temporary file this old was left by a process that was killed while it wrote. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000

/**
 * Keeps the last known good ruleset in a folder, which several processes may share. A write goes to a file of its own,
 * reaches the disk, and then takes the place of the last one, which stays as the generation before: whatever ends the
 * process, one of the two can be read.
 */
export function fileCache(dir: string, identity: CacheIdentity): Cache {
  const name = `flaghoist-${nameOf(identity)}.json`
  const path = join(dir, name)
  const previous = `${path}.previous`

  return {
    read: () => readChecked(path) ?? readChecked(previous),

    async write(text) {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await sweep(dir, `${name}.tmp-`)
      const temporary = `${path}.tmp-${randomUUID()}`
      try {
        await writeToDisk(temporary, checksum(text) + text)
        // Another process may have moved it just now; its generations are as good.
        if (readChecked(path) !== undefined) await rename(path, previous).catch(() => undefined)
        await rename(temporary, path)
        await syncFolder(dir)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
  }
}

/** Of the key only a hash is in the name, and nothing is in the file. */
function nameOf({ url, key, environment = '', instance = '' }: CacheIdentity): string {
  const identity = [url.replace(/\/+$/, ''), key, environment, instance].join('\n')
  return createHash('sha256').update(identity).digest('hex').slice(0, 24)
}

function checksum(text: string): string {
  return `${createHash('sha256').update(text).digest('hex')}\n`
}

/** The text of a file; undefined if it is missing, or not whole. */
function readChecked(path: string): string | undefined {
  try {
    const content = readFileSync(path, 'utf8')
    const text = content.slice(content.indexOf('\n') + 1)
    return content === checksum(text) + text ? text : undefined
  } catch {
    return undefined // Not there yet, or not readable: the other generation is asked.
  }
}

async function writeToDisk(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A rename is on the disk only once its folder is. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(() => undefined) // Windows opens none.
  try {
    await folder?.sync()
  } finally {
    await folder?.close()
  }
}

async function sweep(dir: string, prefix: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(prefix)) continue
    const path = join(dir, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true })
  }
}
