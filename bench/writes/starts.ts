import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { canonicalJson } from '../../packages/core/src/internal.ts'
import type { Change } from '../../packages/core/src/schema/index.ts'
import { seal } from '../../packages/server/src/projects/chain.ts'
import { freePort } from '../../test-support/free-port.ts'
import { newFlag } from '../../test-support/project.ts'
import { quantile } from '../quantile.ts'
import { startFlaghoistServer } from '../server.ts'
import { firstRuleset } from './first-ruleset.ts'

const FLAGS = 1_000
const BUCKETS = 100_000

/** Starts of each kind whose median counts; a replay takes seconds, and is measured once. */
const STARTS = 9

/** Durations from the start of a process, ms. */
export interface Start {
  /** Until an SDK has received its ruleset. */
  readonly sdks: number
  /** Until every request is answered. */
  readonly all: number
}

export interface Starts {
  readonly empty: Start
  readonly replayed: Start
  readonly restored: Start
}

/**
 * Starts a server on a folder with many changes, before and after it has written a checkpoint, and
 * on a folder with hardly any.
 */
export async function measureStarts(changes: number): Promise<Starts> {
  const [large, small] = [await prepareFolder(), await prepareFolder()]
  const file = join(large.path, 'flaghoist.db')
  try {
    appendChanges(file, changes)
    const replayed = await timeStart(large, checkpointIn(file))
    const [empty, restored]: [Start[], Start[]] = [[], []]
    // In turn, so that other programs disturb both alike.
    for (let i = 0; i < STARTS; i += 1) {
      empty.push(await timeStart(small))
      restored.push(await timeStart(large))
    }
    return { empty: medianOf(empty), replayed, restored: medianOf(restored) }
  } finally {
    for (const { path } of [large, small]) rmSync(path, { recursive: true })
  }
}

function medianOf(starts: readonly Start[]): Start {
  const median = (name: keyof Start) =>
    quantile(
      starts.map((start) => start[name]),
      0.5,
    )
  return { sdks: median('sdks'), all: median('all') }
}

/** A data folder, with the key of an SDK. */
interface Folder {
  readonly path: string
  readonly key: string
}

async function prepareFolder(): Promise<Folder> {
  const path = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const server = await startFlaghoistServer({ FLAGHOIST_DATA_DIR: path })
  const key = await server.makeKey('production')
  await server.stop()
  return { path, key }
}

/** Starts a server and stops it again, once it has done what the caller waits for. */
async function timeStart({ path, key }: Folder, isDone = () => true): Promise<Start> {
  const port = await freePort()
  const startedAt = performance.now()
  const since = () => performance.now() - startedAt
  const starting = startFlaghoistServer({ FLAGHOIST_DATA_DIR: path, FLAGHOIST_PORT: `${port}` })
  const [sdks, all] = await Promise.all([
    firstRuleset(`http://127.0.0.1:${port}`, key).then(since),
    starting.then(since),
  ])
  while (!isDone()) await sleep(1_000)
  await (await starting).stop()
  return { sdks, all }
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
