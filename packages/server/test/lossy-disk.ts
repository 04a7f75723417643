import type { DiskStep } from './recorded-disk.ts'

/** Bytes that a disk writes whole or not at all. */
const SECTOR = 512

interface Resize {
  readonly size: number
}

interface Piece {
  readonly at: number
  readonly bytes: Buffer
}

/** A file: what was synced, and what was done to it since. */
interface File {
  synced: Buffer
  unsynced: (Piece | Resize)[]
}

/** A disk that keeps through a power loss what was synced, and any part of the rest. */
export interface LossyDisk {
  apply(step: DiskStep): void
  /**
   * Returns the files after a power loss at this instant.
   * @param survives called for each sector and each entry of a folder that was not synced
   */
  afterLoss(survives: () => boolean): ReadonlyMap<string, Buffer>
}

/**
 * Creates a disk without files.
 * @param folder the folder whose files are kept; a sync of it keeps their creation and removal
 */
export function createLossyDisk(folder: string): LossyDisk {
  const live = new Map<string, File>()
  let synced = new Map<string, File>()

  const sync = (path: string) => {
    if (path === folder) synced = new Map(live)
    const file = live.get(path)
    if (file === undefined) return
    file.synced = contentOf(file, () => true)
    file.unsynced = []
  }
  return {
    apply(step) {
      if (step.kind === 'sync') sync(step.path)
      else if (step.kind === 'remove') live.delete(step.path)
      else if (step.kind === 'create' && !live.has(step.path))
        live.set(step.path, { synced: Buffer.alloc(0), unsynced: [] })
      else if (step.kind === 'resize') live.get(step.path)?.unsynced.push(step)
      else if (step.kind === 'write') live.get(step.path)?.unsynced.push(...sectorsOf(step))
    },
    afterLoss(survives) {
      const names = new Set([...live.keys(), ...synced.keys()])
      const files = [...names].flatMap((name) => {
        const [now, before] = [live.get(name), synced.get(name)]
        const kept = now === before || survives() ? now : before
        return kept === undefined ? [] : [[name, contentOf(kept, survives)] as const]
      })
      return new Map(files)
    },
  }
}

function sectorsOf({ at, bytes }: Piece): Piece[] {
  const count = Math.ceil(bytes.length / SECTOR)
  return Array.from({ length: count }, (_, i) => ({
    at: at + i * SECTOR,
    bytes: bytes.subarray(i * SECTOR, (i + 1) * SECTOR),
  }))
}

function contentOf({ synced, unsynced }: File, survives: () => boolean): Buffer {
  const kept = unsynced.filter(survives)
  const ends = kept.map((done) => ('size' in done ? done.size : done.at + done.bytes.length))
  const room = Buffer.alloc(Math.max(synced.length, ...ends))
  synced.copy(room)
  let length = synced.length
  for (const done of kept)
    if ('size' in done) {
      length = done.size
      room.fill(0, length)
    } else {
      done.bytes.copy(room, done.at)
      length = Math.max(length, done.at + done.bytes.length)
    }
  return room.subarray(0, length)
}
