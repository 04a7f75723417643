import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cache } from '@flaghoist/client'

/** The identity of a cache file. Files of other servers, keys or scopes are never read. */
export interface CacheIdentity {
  readonly url: string
  readonly key: string
  readonly environment?: string | undefined
  readonly instance?: string | undefined
}

/** A temporary file of this age belongs to a process that was killed while it wrote. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000

/**
 * Creates a cache in a folder, which several processes may share. A write syncs a temporary file to
 * the disk and renames it; the file before stays as the previous generation. One of the two can be
 * read, whatever ends the process.
 */
export function fileCache(dir: string, identity: CacheIdentity): Cache {
  const name = `flaghoist-${fileNameOf(identity)}.json`
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
        // Another process may have moved the file just now; its generations are as good.
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

/** Returns a file name with a hash of the identity. The file itself does not hold the key. */
function fileNameOf({ url, key, environment = '', instance = '' }: CacheIdentity): string {
  const identity = [url.replace(/\/+$/, ''), key, environment, instance].join('\n')
  return createHash('sha256').update(identity).digest('hex').slice(0, 24)
}

function checksum(text: string): string {
  return `${createHash('sha256').update(text).digest('hex')}\n`
}

/** Returns the text of a file; undefined if it is missing or incomplete. */
function readChecked(path: string): string | undefined {
  try {
    const content = readFileSync(path, 'utf8')
    const text = content.slice(content.indexOf('\n') + 1)
    return content === checksum(text) + text ? text : undefined
  } catch {
    return undefined // Missing or unreadable: the caller reads the other generation.
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

/** Syncs a folder, without which a rename is not on the disk. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(() => undefined) // Windows opens no folders.
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
