import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createDelivery } from '../delivery-queue.ts'
import type { EventRecord, EventSink } from './event-sink.ts'

export interface FileSinkOptions {
  /** Of the file that is written to; older ones are `<path>.1`, `<path>.2` … */
  readonly path: string
  /** Size at which a new file is begun, bytes. */
  readonly maxBytes: number
  readonly onTrouble: (error: unknown, dropped: number) => void
}

const KEPT_FILES = 5

/** Writes each record as a line of JSON. */
export function createFileSink({ path, maxBytes, onTrouble }: FileSinkOptions): EventSink {
  const append = async (records: readonly EventRecord[]) => {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('')
    await mkdir(dirname(path), { recursive: true })
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size > 0 && size + Buffer.byteLength(text) > maxBytes) await rotate(path)
    await appendFile(path, text, { mode: 0o600 })
  }
  return createDelivery({ deliver: append, onTrouble })
}

async function rotate(path: string): Promise<void> {
  await rm(`${path}.${KEPT_FILES}`, { force: true })
  for (let n = KEPT_FILES - 1; n >= 0; n -= 1)
    await rename(n === 0 ? path : `${path}.${n}`, `${path}.${n + 1}`).catch(ignoreMissing)
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
