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
  const cursors = new Map<string, KnownCursors>()

  return {
    async catchUp(project) {
      const { key, epoch, hash, state } = project
      const known = cursors.get(key)
      const { recorded, derived: from } =
        known && isOf(project, known) ? known : await readCursors(outbox, project)
      const to = state.version
      if (to <= from) return new Set()
      // Without a subscription there is nothing to store.
      const isIdle = state.subscriptions.size === 0
      const changes = isIdle ? [] : await readChanges(log, key, { from, to })
      const deliveries = deriveDeliveries(project, changes)
      const isDue = deliveries.length > 0 || (!isIdle && to - recorded > MAX_UNRECORDED)
      if (isDue) await outbox.record({ project: key, epoch }, { cursor: to, deliveries })
      cursors.set(key, { epoch, hash, derived: to, recorded: isDue ? to : recorded })
      return new Set(deliveries.map(({ subscription }) => subscription))
    },
  }
}

/** The last derived change of a log, and the last one that the outbox knows. */
interface Cursors {
  readonly derived: number
  readonly recorded: number
}

/** The cursors of a project, and the log that they belong to. */
interface KnownCursors extends Cursors {
  readonly epoch: string
  /** Hash of the last derived change. */
  readonly hash: string
}

/** Checks that cursors are of the project's log: a failover may have lost their changes. */
function isOf({ epoch, hashAt }: LiveProject, known: KnownCursors): boolean {
  const hash = hashAt(known.derived)
  return known.epoch === epoch && hash !== undefined && known.hash.startsWith(hash)
}

async function readCursors(outbox: Outbox, { key }: LiveProject): Promise<Cursors> {
  const recorded = await outbox.cursor(key)
  return { derived: recorded, recorded }
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
