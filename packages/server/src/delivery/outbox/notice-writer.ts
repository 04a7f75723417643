import type { Change } from '@flaghoist/core/schema'
import type { LiveProject } from '../../projects/projects.ts'
import type { ChangeLog } from '../../stores/change-log.ts'
import type { Outbox } from '../../stores/outbox.ts'
import { deriveDeliveries } from '../notices/derive-deliveries.ts'

export interface NoticeWriterOptions {
  readonly log: Pick<ChangeLog, 'read'>
  readonly outbox: Outbox
}

/** Derives the notices of new changes from the log and records them in the outbox. */
export interface NoticeWriter {
  /** Catches up with a project. Returns the keys of the subscriptions with new deliveries. */
  catchUp(project: LiveProject): Promise<ReadonlySet<string>>
}

const PAGE = 500
/** Changes that a restart derives again at most, besides those without a subscription. */
const MAX_UNRECORDED = 1_000

export function createNoticeWriter({ log, outbox }: NoticeWriterOptions): NoticeWriter {
  const cursors = new Map<string, Cursors>()

  return {
    async catchUp(project) {
      const { key, epoch, state } = project
      const known = cursors.get(key)
      const { recorded, derived: from } =
        known?.epoch === epoch ? known : await readCursors(outbox, project)
      const to = state.version
      if (to <= from) return new Set()
      // Without a subscription there is nothing to store.
      const isIdle = state.subscriptions.size === 0
      const changes = isIdle ? [] : await readChanges(log, key, { from, to })
      const deliveries = deriveDeliveries(project, changes)
      const isDue = deliveries.length > 0 || (!isIdle && to - recorded > MAX_UNRECORDED)
      if (isDue) await outbox.record({ project: key, epoch }, { cursor: to, deliveries })
      cursors.set(key, { epoch, derived: to, recorded: isDue ? to : recorded })
      return new Set(deliveries.map(({ subscription }) => subscription))
    },
  }
}

/** The last derived change of a log, and the last one that the outbox knows. */
interface Cursors {
  readonly epoch: string
  readonly derived: number
  readonly recorded: number
}

async function readCursors(outbox: Outbox, { key, epoch }: LiveProject): Promise<Cursors> {
  const recorded = await outbox.cursor(key)
  return { epoch, derived: recorded, recorded }
}

async function readChanges(
  log: Pick<ChangeLog, 'read'>,
  project: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (let after = from; after < to; ) {
    const page = await log.read(project, after, Math.min(PAGE, to - after))
    if (page.length === 0) break
    changes.push(...page)
    after = page.at(-1)!.seq
  }
  return changes
}
