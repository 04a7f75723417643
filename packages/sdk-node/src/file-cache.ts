import { createHash, randomUUID } from 'node:crypto'
import { utimesSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Cache } from '@flaghoist/client'
import {
  MAX_FILE_BYTES,
  makeFolder,
  readBounded,
  readBoundedInTurns,
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

/** A cache whose text is also read and written as bytes, without long turns of the event loop. */
export interface FileCache extends Cache {
  /** Reads the bytes of the text; undefined if none is stored. */
  readBytes(): Promise<Buffer | undefined>
  /** Replaces the text atomically. */
  writeBytes(text: Buffer): Promise<void>
}

/**
 * Creates a cache in a folder, which several processes may share. A write syncs a temporary file to
 * the disk and renames it; the file before stays as the previous generation. One of the two can be
 * read, whatever ends the process.
 */
export function fileCache(dir: string, identity: CacheIdentity): FileCache {
  const name = `flaghoist-${fileNameOf(identity)}.json`
  const path = join(dir, name)
  const previous = `${path}.previous`
  const writeBytes = async (text: Buffer) => {
    const parts = [Buffer.from(`${await hashInTurns(text)}\n`), text]
    const bytes = HEAD_BYTES + text.length
    await makeFolder(dir)
    await tidyFolder(dir, name, bytes)
    if (bytes > MAX_FILE_BYTES) {
      // The older ruleset would be evaluated at every start, so none is better.
      for (const generation of [path, previous]) await rm(generation, { force: true })
      throw new Error(`it has ${bytes} bytes, and the limit is ${MAX_FILE_BYTES}`)
    }
    const temporary = `${path}.tmp-${randomUUID()}`
    try {
      await writeToDisk(temporary, parts)
      // Another process may have moved the file just now; its generations are as good.
      if ((await readCheckedInTurns(path)) !== undefined)
        await rename(path, previous).catch(() => undefined)
      await rename(temporary, path)
      await syncFolder(dir)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  return {
    read() {
      const text = readChecked(path) ?? readChecked(previous)
      if (text !== undefined) touch(path)
      return text?.toString()
    },

    async readBytes() {
      const text = (await readCheckedInTurns(path)) ?? (await readCheckedInTurns(previous))
      if (text !== undefined) touch(path)
      return text
    },

    write: (text) => writeBytes(Buffer.from(text)),
    writeBytes,
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

/** Bytes before the text: the hex digits of its SHA-256, and a line feed. */
const HEAD_BYTES = 65

/** Returns the text of a file; undefined if it is missing or incomplete. */
function readChecked(path: string): Buffer | undefined {
  try {
    const content = readBounded(path)
    const text = content.subarray(HEAD_BYTES)
    return isChecked(content, createHash('sha256').update(text).digest('hex')) ? text : undefined
  } catch {
    return undefined // Missing or unreadable: the caller reads the other generation.
  }
}

/** Does the same as {@link readChecked} without a long turn of the event loop. */
async function readCheckedInTurns(path: string): Promise<Buffer | undefined> {
  try {
    const content = await readBoundedInTurns(path)
    const text = content.subarray(HEAD_BYTES)
    return isChecked(content, await hashInTurns(text)) ? text : undefined
  } catch {
    return undefined
  }
}

function isChecked(content: Buffer, hash: string): boolean {
  return content.toString('latin1', 0, HEAD_BYTES) === `${hash}\n`
}

/** Bytes that are hashed in one turn of the event loop: a few milliseconds. */
const HASHED_BYTES = 1024 * 1024

/** Hashes in short turns. The hash of Web Crypto would first copy the text in a single one. */
async function hashInTurns(text: Buffer): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < text.length; at += HASHED_BYTES) {
    if (at > 0) await nextTurn()
    hash.update(text.subarray(at, at + HASHED_BYTES))
  }
  return hash.digest('hex')
}

/** Marks a file as used now, so that it is not removed as an old one. */
function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // The folder may be read-only, as in a container.
  }
}
