import { appendFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../../make-folder.ts'
import { createDeliveryQueue, type DeliveryQueueOptions } from '../delivery-queue.ts'
import type { EventRecord, EventSink } from './event-sink.ts'

export interface FileSinkOptions {
  /** Path of the current file; older ones are `<path>.1`, `<path>.2` … */
  readonly path: string
  /** Size at which a new file starts, bytes. */
  readonly maxBytes: number
  readonly onFailure: DeliveryQueueOptions<EventRecord>['onFailure']
}

const KEPT_FILES = 5

/** A sink that appends each record to a file, as a line of JSON. */
export function createFileSink({ path, maxBytes, onFailure }: FileSinkOptions): EventSink {
  const append = async (records: readonly EventRecord[]) => {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('')
    makeFolder(dirname(path))
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size > 0 && size + Buffer.byteLength(text) > maxBytes) await rotate(path)
    await appendFile(path, text, { mode: 0o600 })
  }
  const queue = createDeliveryQueue({ deliver: append, onFailure })
  return { publish: queue.add, close: queue.close }
}

async function rotate(path: string): Promise<void> {
  await rm(`${path}.${KEPT_FILES}`, { force: true })
  for (let n = KEPT_FILES - 1; n >= 0; n -= 1)
    await rename(n === 0 ? path : `${path}.${n}`, `${path}.${n + 1}`).catch(ignoreMissing)
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
