import type { Change } from '@flaghoist/core/schema'
import { changesSince } from '../../changes/history.ts'
import { createPause } from '../../pause.ts'
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
  project: LiveProject,
  { scope, from, to }: NotesTarget,
): Promise<Period> {
  const past = createPastFlags(project.state)
  const pause = createPause()
  const changes: Change[] = []
  let after: PastFlags | undefined
  for await (const change of changesSince(log, project, from)) {
    if (Date.parse(change.at) < to) {
      after ??= past.snapshot()
      changes.push(change)
    }
    for (const _ of past.undo(change.edits)) await pause()
  }
  const before = past.snapshot()
  return { scope, before, after: after ?? before, changes }
}
