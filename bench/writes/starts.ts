import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { canonicalJson } from '../../packages/core/src/internal.ts'
import type { Change } from '../../packages/core/src/schema/index.ts'
import { seal } from '../../packages/server/src/projects/chain.ts'
import { newFlag } from '../../test-support/project.ts'
import { quantile } from '../quantile.ts'
import { startFlaghoistServer } from '../server.ts'

const FLAGS = 1_000
const BUCKETS = 100_000

/** Starts of each kind whose median counts; a replay takes seconds, and is measured once. */
const STARTS = 9

/** Durations from the start of the process until it listens, ms. */
export interface Starts {
  readonly empty: number
  readonly replayed: number
  readonly restored: number
}

/**
 * Starts a server on a folder with many changes, before and after it has written a checkpoint, and
 * on empty folders.
 */
export async function measureStarts(changes: number): Promise<Starts> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const settings = { FLAGHOIST_DATA_DIR: folder }
  try {
    await timeStart(settings)
    appendChanges(join(folder, 'flaghoist.db'), changes)
    const replayed = await timeStart(settings, checkpointIn(join(folder, 'flaghoist.db')))
    const [empty, restored]: [number[], number[]] = [[], []]
    // In turn, so that other programs disturb both alike.
    for (let i = 0; i < STARTS; i += 1) {
      empty.push(await timeStart({}))
      restored.push(await timeStart(settings))
    }
    return { empty: quantile(empty, 0.5), replayed, restored: quantile(restored, 0.5) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Starts a server and stops it again, once it has done what the caller waits for. */
async function timeStart(
  settings: Readonly<Record<string, string>>,
  isDone = () => true,
): Promise<number> {
  const startedAt = performance.now()
  const server = await startFlaghoistServer(settings)
  const ms = performance.now() - startedAt
  while (!isDone()) await sleep(1_000)
  await server.stop()
  return ms
}

/** Appends edits of the layers of a thousand flags, in one transaction. */
function appendChanges(file: string, count: number): void {
  const database = new DatabaseSync(file)
  const { version, change } = database
    .prepare(
      `SELECT version, change FROM logs JOIN changes ON changes.project = logs.project
       AND seq = version WHERE logs.project = 'default'`,
    )
    .get() as { version: number; change: string }
  const insert = database.prepare(`INSERT INTO changes VALUES ('default', ?, ?)`)
  let last = JSON.parse(change) as Change
  database.exec('BEGIN')
  for (let seq = version + 1; seq <= version + count; seq += 1) {
    last = seal(changeOf(seq), last.hash)
    insert.run(seq, canonicalJson(last))
  }
  database.prepare(`UPDATE logs SET version = ? WHERE project = 'default'`).run(version + count)
  database.exec('COMMIT')
  database.close()
}

/** The first changes create the flags. */
function changeOf(seq: number): Omit<Change, 'hash' | 'previousHash'> {
  const key = `flag-${seq % FLAGS}`
  const share = seq % BUCKETS
  const rollout = { by: 'targetingKey', salt: `salt-${key}`, share, serve: { variant: 'on' } }
  const settings = { on: true, rollout, fallthrough: { variant: 'off' } }
  const edit = { kind: 'layer', key: `${key}@production`, before: null, after: settings } as const
  return {
    seq,
    at: new Date().toISOString(),
    actor: { kind: 'key', id: 'k1', name: 'bench' },
    action: 'layer.update',
    edits: seq <= 2 * FLAGS ? [...newFlag(key, {}, { on: false, off: 'off' }), edit] : [edit],
    requestId: 'r1',
  }
}

/** Returns a function that checks whether a checkpoint exists and no longer grows. */
function checkpointIn(file: string): () => boolean {
  let last = 0
  return () => {
    const database = new DatabaseSync(file, { readOnly: true })
    const { count } = database.prepare('SELECT count(*) AS count FROM checkpoints').get() as {
      count: number
    }
    database.close()
    const isDone = count > 0 && count === last
    last = count
    return isDone
  }
}
