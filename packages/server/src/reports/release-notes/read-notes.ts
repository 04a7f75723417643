import type { Change } from '@flaghoist/core/schema'
import { newestFirst } from '../../changes/history.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { ChangeLog } from '../../stores/change-log.ts'
import { createPastFlags, type PastFlags } from './past-flags.ts'
import type { Period } from './release-notes.ts'

/** A scope, and a period in epoch ms; the end is exclusive. */
export interface NotesTarget {
  readonly scope: string
  readonly from: number
  readonly to: number
}

/** Reads the changes of a period, and the flags at both of its ends. */
export async function readPeriod(
  log: ChangeLog,
  { key: project, state }: LiveProject,
  { scope, from, to }: NotesTarget,
): Promise<Period> {
  const past = createPastFlags(state)
  const changes: Change[] = []
  let after: PastFlags | undefined
  for await (const change of newestFirst(log, { project, seq: state.version + 1 })) {
    const at = Date.parse(change.at)
    if (at < from) break
    if (at < to) {
      after ??= past.snapshot()
      changes.push(change)
    }
    past.undo(change.edits)
  }
  const before = past.snapshot()
  return { scope, before, after: after ?? before, changes }
}
