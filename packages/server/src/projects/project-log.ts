import { applyAll, EMPTY_STATE, type ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { LogHead, Store } from '../store/store.ts'
import { verify } from './chain.ts'
import type { LiveProject } from './projects.ts'
import { measure, type RulesetSizes } from './publish-gate.ts'

/** A project as its writers hold it. */
export interface ProjectLog extends LiveProject {
  /** Empty until the log is there. */
  epoch: string
  state: ProjectState
  /** Hash of the last change. */
  hash: string
  /** Of its rulesets, as of the state. */
  sizes: RulesetSizes
  /** Whether the store may hold a change that the state does not: its last answer was an error. */
  isBehind: boolean
  /** The end of the queue of writers. */
  turn: Promise<unknown>
}

const READ_AT_ONCE = 1_000

export function emptyProject(key: string): ProjectLog {
  const turn = Promise.resolve()
  return { key, epoch: '', state: EMPTY_STATE, hash: '', sizes: new Map(), isBehind: false, turn }
}

/** @throws {FlaghoistError} `LOG_CORRUPT` unless the log is, to its end, what was written */
export async function replay(store: Store, head: LogHead): Promise<ProjectLog> {
  const log = { ...emptyProject(head.project), epoch: head.epoch }
  await readOn(store, log, (changes) => {
    log.state = applyAll(log.state, changes)
  })
  const { version } = log.state
  if (version !== head.version)
    throw problem('LOG_CORRUPT', {
      project: log.key,
      seq: Math.min(version, head.version) + 1,
      problem: `the log has ${version} changes, but ${head.version} were acknowledged.`,
    })
  log.sizes = measure(log.state)
  return log
}

/** Takes over what the store holds beyond the state, change by change. */
export async function catchUp(
  store: Store,
  log: ProjectLog,
  onChange: (change: Change) => void,
): Promise<void> {
  await readOn(store, log, (changes) => {
    for (const change of changes) {
      log.state = applyAll(log.state, [change])
      onChange(change)
    }
  })
  log.sizes = measure(log.state)
  log.isBehind = false
}

/** Reads the log from the state's version to its end, and checks that each change follows the one before it. */
async function readOn(
  store: Store,
  log: ProjectLog,
  take: (changes: readonly Change[]) => void,
): Promise<void> {
  for (;;) {
    const { version } = log.state
    const changes = await store.read(log.key, version, READ_AT_ONCE)
    let { hash } = log
    for (const [i, change] of changes.entries()) {
      verify(log.key, change, { seq: version + i, hash })
      hash = change.hash
    }
    log.hash = hash
    take(changes)
    if (changes.length < READ_AT_ONCE) return
  }
}

/** Runs work when all that was queued before it is done: one writer at a time. */
export function inTurn<T>(log: ProjectLog, work: () => Promise<T>): Promise<T> {
  const result = log.turn.then(work)
  log.turn = result.catch(() => undefined) // Its caller hears of it; the next one has its own turn.
  return result
}
