import { createHash, randomUUID } from 'node:crypto'
import { utimesSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cache } from '@flaghoist/client'
import {
  MAX_FILE_BYTES,
  makeFolder,
  readBounded,
  syncFolder,
  tidyFolder,
  writeToDisk,
} from './cache-folder.ts'

/** The identity of a cache file. Files of other servers, keys or scopes are never read. */
export interface CacheIdentity {
  readonly url: string
  readonly key: string
  /** Name in place of the key. */
  readonly cacheName?: string | undefined
  readonly environment?: string | undefined
  readonly instance?: string | undefined
}

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
    read() {
      const text = readChecked(path) ?? readChecked(previous)
      if (text !== undefined) touch(path)
      return text
    },

    async write(text) {
      const content = checksum(text) + text
      const bytes = Buffer.byteLength(content)
      await makeFolder(dir)
      await tidyFolder(dir, name, bytes)
      if (bytes > MAX_FILE_BYTES) {
        // The older ruleset would be evaluated at every start, so none is better.
        for (const generation of [path, previous]) await rm(generation, { force: true })
        throw new Error(`it has ${bytes} bytes, and the limit is ${MAX_FILE_BYTES}`)
      }
      const temporary = `${path}.tmp-${randomUUID()}`
      try {
        await writeToDisk(temporary, content)
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
function fileNameOf(options: CacheIdentity): string {
  const { url, key, cacheName, environment = '', instance = '' } = options
  // No key has a space.
  const owner = cacheName === undefined ? key : `name ${cacheName}`
  const identity = [url.replace(/\/+$/, ''), owner, environment, instance].join('\n')
  return createHash('sha256').update(identity).digest('hex').slice(0, 24)
}

function checksum(text: string): string {
  return `${createHash('sha256').update(text).digest('hex')}\n`
}

/** Returns the text of a file; undefined if it is missing or incomplete. */
function readChecked(path: string): string | undefined {
  try {
    const content = readBounded(path)
    const text = content.slice(content.indexOf('\n') + 1)
    return content === checksum(text) + text ? text : undefined
  } catch {
    return undefined // Missing or unreadable: the caller reads the other generation.
  }
}

/** Marks a file as used now, so that it is not removed as an old one. */
function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // The folder may be read-only, as in a container.
  }
}
