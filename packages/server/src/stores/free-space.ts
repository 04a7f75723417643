import { statfs } from 'node:fs/promises'
import { sizeText } from '../size-text.ts'

/** The free space of the disk, which events must not use up. */
export interface FreeSpace {
  /** Measures the space, at most once a second. */
  check(): Promise<FreeSpaceState>
}

export interface FreeSpaceState {
  /** Free bytes; undefined without a disk. */
  readonly bytes: number | undefined
  /** False while events are not stored. */
  readonly isEnough: boolean
}

export interface FreeSpaceOptions {
  readonly freeBytes: () => Promise<number | undefined>
  /** Free space below which events are not stored, bytes. */
  readonly minBytes: number
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
  /** Called when events stop, and when they start again. */
  readonly warn: (message: string) => void
}

const MEASURED_EVERY_MS = 1_000

/**
 * Returns the free space of a folder's disk for this process, bytes; undefined for `:memory:`.
 * Rejects if the disk cannot be measured.
 */
export async function freeBytesOf(folder: string): Promise<number | undefined> {
  if (folder === ':memory:') return undefined
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

export function createFreeSpace(options: FreeSpaceOptions): FreeSpace {
  const { freeBytes, minBytes, elapsed, warn } = options
  let measuredAt = Number.NEGATIVE_INFINITY
  let state: Promise<FreeSpaceState> = Promise.resolve({ bytes: undefined, isEnough: true })
  let wasEnough = true

  const measure = async (): Promise<FreeSpaceState> => {
    // A disk that cannot be measured is no reason to drop events.
    const bytes = await freeBytes().catch(() => undefined)
    const isEnough = bytes === undefined || bytes >= minBytes
    if (isEnough !== wasEnough) warn(isEnough ? RESUMED : pausedAt(minBytes))
    wasEnough = isEnough
    return { bytes, isEnough }
  }
  return {
    check() {
      if (elapsed() - measuredAt >= MEASURED_EVERY_MS) {
        measuredAt = elapsed()
        state = measure()
      }
      return state
    },
  }
}

const RESUMED = 'The disk of the data folder has space again; exposures and outcomes are stored.'

function pausedAt(minBytes: number): string {
  return `The disk of the data folder has less than ${sizeText(minBytes)} of free space, so no exposures and outcomes are stored. Free disk space, or lower FLAGHOIST_MIN_FREE_BYTES.`
}
