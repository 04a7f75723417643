import { createHash, randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Cache } from '@flaghoist/client'

/** What a cache file is for: files of other servers, keys or scopes are never read. */
export interface CacheIdentity {
  readonly url: string
  readonly key: string
  readonly environment?: string | undefined
  readonly instance?: string | undefined
}

/**
 * Keeps the last known good ruleset in a folder. A write goes to a file of its own, reaches the disk, and then takes the
 * place of the last one, which stays as the generation before: whatever ends the process, one of the two can be read.
 */
export function fileCache(dir: string, identity: CacheIdentity): Cache {
  const path = join(dir, `flaghoist-${nameOf(identity)}.json`)
  const previous = `${path}.previous`

  return {
    read: () => readChecked(path) ?? readChecked(previous),

    async write(text) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const temporary = `${path}.${randomUUID()}`
      try {
        await writeToDisk(temporary, checksum(text) + text)
        if (readChecked(path) !== undefined) await rename(path, previous)
        await rename(temporary, path)
        syncFolder(dir)
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
function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
