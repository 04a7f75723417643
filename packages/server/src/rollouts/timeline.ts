import { parseRunKey } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { changesSince } from '../changes/history.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleChange } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import type { TimelineEntry } from './schemas.ts'

interface TimelineQuery {
  readonly rollout: ProgressiveRollout
  /** Scope that the key is bound to. */
  readonly bound: string | undefined
  readonly hasEvidence: boolean
  /** Number of the change whose decisions, and earlier ones, are left out. */
  readonly after?: number | undefined
}

/** Reads the decisions about a rollout and its runs, latest first. */
export async function readTimeline(
  log: ChangeLog,
  live: LiveProject,
  { rollout, bound, hasEvidence, after = 0 }: TimelineQuery,
): Promise<TimelineEntry[]> {
  const items: TimelineEntry[] = []
  for await (const change of changesSince(log, live, Date.parse(rollout.startedAt))) {
    if (change.seq <= after) break
    const seen = visibleChange(live.state, change, bound)
    if (seen === undefined) continue
    for (const edit of seen.edits) {
      const isRun = edit.kind === 'run' && parseRunKey(edit.key).rollout === rollout.key
      if (!isRun && !(edit.kind === 'rollout' && edit.key === rollout.key)) continue
      items.push({
        version: change.seq,
        at: change.at,
        actor: change.actor,
        action: change.action,
        ...(isRun && { scope: parseRunKey(edit.key).scope, state: edit.after?.state }),
        reason: seen.reason ?? edit.after?.reason?.text,
        ...(edit.kind === 'run' && hasEvidence && { evidence: edit.after?.evidence }),
      })
    }
  }
  return items
}
