import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { problem } from '../../errors.ts'
import { isFull, isStoreProblem, textOf } from './sqlite-errors.ts'

/** Name of the file that keeps space in a data folder. */
export const RESERVE_FILE = 'flaghoist.reserve'
/** Room for some 40 kills, each of which writes a few pages. */
const RESERVE_BYTES = 1024 * 1024
/** Time between two attempts to take back the space of a reserve that was released. */
const RETRY_MS = 1_000

/**
 * Space on the disk that is kept for kills. A kill on a full disk releases it. Until it can be
 * taken back, other writes are rejected, so that they leave the rest of it to further kills.
 */
export interface Reserve {
  /** Allocates space that was released. @throws {FlaghoistError} `STORE_FULL` without room */
  require(): void
  /** Releases the space. Returns false if it was released already. */
  release(): boolean
}

/** The reserve of stores that write nothing to a disk. */
export const NO_RESERVE: Reserve = { require: () => undefined, release: () => false }

/** Runs a write again with the space of the reserve if the store has no room for it. */
export function withReserve<T>(reserve: Reserve, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isStoreProblem(error) || !reserve.release()) throw error
    return work()
  }
}

/** Keeps a reserve in a data folder. A disk without room for it is no error yet. */
export function createReserve(dataDir: string): Reserve {
  const file = join(dataDir, RESERVE_FILE)
  let isKept = false
  let triedAt = Number.NEGATIVE_INFINITY

  const take = () => {
    if (performance.now() - triedAt < RETRY_MS) throw problem('STORE_FULL', {})
    triedAt = performance.now()
    if (!isAllocated(file)) fill(file)
    isKept = true
  }
  try {
    take()
  } catch {
    // The first write reports it.
  }
  return {
    require() {
      if (!isKept) take()
    },
    release() {
      if (!isKept) return false
      isKept = false
      resize(file, 0)
      return true
    },
  }
}

/** Checks that the disk has blocks for the whole file: a restored copy may have holes. */
function isAllocated(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  return found !== undefined && found.size >= RESERVE_BYTES && found.blocks * 512 >= RESERVE_BYTES
}

/** Writes random bytes, because a file system that compresses would keep no space for zeros. */
function fill(file: string): void {
  try {
    withFile(file, (descriptor) => {
      ftruncateSync(descriptor, 0)
      writeAll(descriptor, randomBytes(RESERVE_BYTES))
    })
  } catch (error) {
    resize(file, 0)
    if (isFull(error)) throw problem('STORE_FULL', {}, { cause: error })
    throw problem('STORE_UNAVAILABLE', { problem: textOf(error) }, { cause: error })
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
}

function resize(file: string, size: number): void {
  withFile(file, (descriptor) => ftruncateSync(descriptor, size))
}

/** Works on a file, and waits for the disk: some file systems free blocks only then. */
function withFile(file: string, work: (descriptor: number) => void): void {
  const descriptor = openSync(file, 'a', 0o600)
  try {
    work(descriptor)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
