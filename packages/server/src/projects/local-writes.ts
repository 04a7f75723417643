import { createHash } from 'node:crypto'
import { runAtOnce } from '@flaghoist/core/internal'
import { apply, loggedEdit, type ProjectState } from '@flaghoist/core/model'
import type { Edit } from '@flaghoist/core/schema'
import { planWrite } from './check-write.ts'
import { completeFew } from './checks.ts'
import type { Caller, LiveProject, LocalWrite, Write } from './projects.ts'

/** Digits of each half of the hash in a cursor. */
const HALF = 8
/** The hash of a version without a change. */
const NO_HASH = '0'.repeat(2 * HALF)

/**
 * Returns the state of a log with local writes. A write that can no longer be planned, such as the
 * kill of a deleted flag, changes nothing.
 */
export function withLocal(logged: ProjectState, local: readonly LocalWrite[]): ProjectState {
  return local.reduce((state, { write, caller }) => {
    try {
      return withEdits(state, planLocal(state, write, caller))
    } catch {
      return state
    }
  }, logged)
}

/** Plans the edits of a local write. @throws {FlaghoistError} the error of its plan */
export function planLocal(state: ProjectState, write: Write, caller: Caller): readonly Edit[] {
  return completeFew(state, runAtOnce(planWrite(state, write, caller)))
}

/** Applies edits that no change of the log holds, so that the state keeps its version. */
export function withEdits(state: ProjectState, edits: readonly Edit[]): ProjectState {
  if (edits.length === 0) return state
  return apply(state, { seq: state.version, edits: edits.map(loggedEdit) })
}

/**
 * Returns the hash by which a cursor names a version with the local writes of this process. Its
 * first half is that of the version's hash, so that every server knows the version. No patch starts
 * from it but those of this process: other servers send an SDK their whole ruleset.
 */
export function localHash({ hashAt, local }: LiveProject, version: number): string {
  const ids = local.map(({ id }) => id).join(' ')
  const digest = createHash('sha256').update(ids).digest('hex')
  return (hashAt(version) ?? NO_HASH).slice(0, HALF) + digest.slice(0, HALF)
}

/** Checks that the hash of a cursor names a version, with or without local writes. */
export function isOfVersion(hash: string, ofVersion: string | undefined): boolean {
  return ofVersion !== undefined && hash.slice(0, HALF) === ofVersion.slice(0, HALF)
}
