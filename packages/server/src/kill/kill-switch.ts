import { setTimeout as sleep } from 'node:timers/promises'
import type { Edit } from '@flaghoist/core/schema'
import type { LocalOutcome, Outcome, Projects } from '../projects/projects.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { isStoreFailure } from '../stores/store-failure.ts'
import { type JournaledKill, journalId, type KillJournal } from './kill-journal.ts'
import { callerOf, type KillOrder, writeOf } from './kill-order.ts'

/** Time after which a kill that is not committed applies to the SDKs of this server, ms. */
const LOCAL_AFTER_MS = 100
/** Time after which a kill that is not committed is answered, ms. */
const ANSWER_MS = 2_000
/** A clock that is set back by more than this is followed, so that instants may repeat, ms. */
const CLOCK_STEP_MS = 1_000

/** A kill that applies to the SDKs of this server and will be committed. */
export interface LocalKill {
  readonly edits: readonly Edit[]
  /** True if the kill is on the disk of this server. */
  readonly isJournaled: boolean
}

/** Carries out kills, also while the store takes no write. */
export interface KillSwitch {
  /** @throws {FlaghoistError} the error of the kill itself; never a failure of the store */
  kill(order: KillOrder): Promise<Outcome | LocalKill>
}

export interface KillSwitchParts {
  readonly projects: Projects
  readonly log: Pick<ChangeLog, 'read'>
  /** Undefined without a data folder. */
  readonly journal: KillJournal | undefined
  /** Receives a sentence about a kill that is in no file, or that will not be committed. */
  readonly warn: (message: string) => void
}

export function createKillSwitch(parts: KillSwitchParts): KillSwitch {
  const { projects, journal, warn } = parts
  const distinct = createDistinctInstants()

  const keep = async (kill: JournaledKill): Promise<boolean> => {
    try {
      await journal?.keep(kill)
      return journal !== undefined
    } catch (error) {
      warn(`A kill that is not committed yet is in no file: ${(error as Error).message}`)
      return false
    }
  }
  return {
    async kill(given) {
      const order = { ...given, kill: { ...given.kill, at: distinct(given.kill.at) } }
      const committed = commitKill(projects, order)
      const early = await within(LOCAL_AFTER_MS, committed)
      if (early !== undefined) return early
      const { epoch } = projects.get(order.project)
      const local = projects.applyLocally(writeOf(order), callerOf(order))
      const kill = { ...order, id: journalId(order), epoch, version: local.version }
      const kept = keep(kill)
      void forgetInTime(parts, kill, { local, kept })
      const [isJournaled, late] = await Promise.all([kept, within(ANSWER_MS, committed)])
      return late ?? { edits: local.edits, isJournaled }
    },
  }
}

/** Commits a kill; resolves to undefined if the store does not take it. */
export async function commitKill(
  projects: Projects,
  order: KillOrder,
): Promise<Outcome | undefined> {
  try {
    // A kill has no Idempotency-Key, so that no stored response answers it.
    return (await projects.commit(writeOf(order), callerOf(order))) as Outcome
  } catch (error) {
    if (isStoreFailure(error)) return undefined
    throw error
  }
}

/** Removes a kill from the journal once it is committed, or can never be. */
export async function forgetInTime(
  { journal, warn }: KillSwitchParts,
  kill: JournaledKill,
  { local, kept }: { readonly local: LocalOutcome; readonly kept?: Promise<unknown> },
): Promise<void> {
  await local.committed.catch((error: Error) => warn(dropped(kill, error.message)))
  await kept
  await journal?.forget(kill).catch((error: Error) => warn(error.message))
}

/** The sentence about a kill that will not be committed. */
export function dropped({ kill, project, target }: KillOrder, problem: string): string {
  const flags = JSON.stringify(target)
  return `The kill by ${kill.by} at ${kill.at} of ${flags} in project "${project}" was dropped: ${problem}`
}

/**
 * Returns a function that moves an instant on to the next one that it has not returned yet: by its
 * instant, a kill is found in the log.
 */
function createDistinctInstants(): (at: string) => string {
  let last = 0
  return (at) => {
    const ms = Date.parse(at)
    const isUsed = ms <= last && last - ms < CLOCK_STEP_MS
    last = isUsed ? last + 1 : ms
    return new Date(last).toISOString()
  }
}

/** Returns the result of a promise; undefined if it takes longer. */
async function within<T>(ms: number, result: Promise<T>): Promise<T | undefined> {
  const late = new AbortController()
  try {
    return await Promise.race([result, sleep(ms, undefined, { signal: late.signal })])
  } finally {
    late.abort()
  }
}
