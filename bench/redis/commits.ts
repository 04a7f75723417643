import { randomUUID } from 'node:crypto'
import type { Change } from '../../packages/core/src/schema/index.ts'
import type { LogHead } from '../../packages/server/src/stores/change-log.ts'
import type { Stores } from '../../packages/server/src/stores/stores.ts'
import { quantile } from '../quantile.ts'

const APPENDS = 1_000
const WRITERS = 32

/** Speed of the appends of one writer, and of many that write to projects of their own. */
export interface Commits {
  readonly p50: number
  readonly p99: number
  /** Appends per second of all writers. */
  readonly together: number
  /** Appends that were acknowledged, and are not in the logs. */
  readonly lost: number
}

export async function measureCommits({ log }: Stores): Promise<Commits> {
  const one = await log.create(randomUUID())
  const times: number[] = []
  for (let seq = 1; seq <= APPENDS; seq += 1) {
    const start = performance.now()
    await log.append(one, makeChange(seq))
    times.push(performance.now() - start)
  }
  const heads = await Promise.all(Array.from({ length: WRITERS }, () => log.create(randomUUID())))
  const start = performance.now()
  const writeAll = async (head: LogHead) => {
    for (let seq = 1; seq <= APPENDS / 10; seq += 1) await log.append(head, makeChange(seq))
  }
  await Promise.all(heads.map(writeAll))
  const seconds = (performance.now() - start) / 1_000
  const written = APPENDS + (WRITERS * APPENDS) / 10
  const stored = await Promise.all([one, ...heads].map(({ project }) => log.head(project)))
  return {
    lost: written - stored.reduce((sum, head) => sum + (head?.version ?? 0), 0),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    together: (WRITERS * APPENDS) / 10 / seconds,
  }
}

/** Times from the call of an append to its announcement in another server's stores, ms. */
export async function measureAnnouncements(writer: Stores, reader: Stores): Promise<number[]> {
  const head = await writer.log.create(randomUUID())
  const times: number[] = []
  for (let seq = 1; seq <= APPENDS / 2; seq += 1) {
    const announced = new Promise<void>((resolve) => {
      const stop = reader.log.watch(({ project, version }) => {
        if (project !== head.project || version !== seq) return
        stop()
        resolve()
      })
    })
    const start = performance.now()
    await Promise.all([announced, writer.log.append(head, makeChange(seq))])
    times.push(performance.now() - start)
  }
  return times
}

/** A change of usual size. */
function makeChange(seq: number): Change {
  return {
    seq,
    at: '2026-11-20T08:00:00.000Z',
    actor: { kind: 'system', id: 'bench', name: 'bench' },
    action: 'flag.update',
    edits: [],
    reason: 'x'.repeat(500),
    requestId: 'r',
    previousHash: '',
    hash: String(seq),
  }
}
