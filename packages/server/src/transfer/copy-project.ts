import { readVerified, verifyEnd } from '../projects/read-verified.ts'
import type { LogHead, LogName } from '../stores/change-log.ts'
import { inParts } from '../stores/event-copy.ts'
import type { Stores } from '../stores/stores.ts'

/** The stores of a copy. */
export interface CopyStores {
  readonly source: Stores
  readonly target: Stores
}

/** Numbers of things that were copied. */
export interface Copied {
  readonly changes: number
  readonly units: number
  readonly deliveries: number
}

/** Receipts, uses or deliveries that are copied by one call. */
const ITEMS_AT_ONCE = 500
/** More deliveries than the stores keep of a subscription. */
const ALL_DELIVERIES = 1_000_000
const PRUNE_HIDDEN_ONLY = { batches: 0, units: 0, sums: 0 }

/**
 * Copies a project: its log, receipts, counts with their units, notices, and uses of keys. The
 * target serves the project once all of it is there.
 * @param epoch that of the copy; by default a new one
 * @throws {FlaghoistError} `PROJECT_EXISTS`, `LOG_CORRUPT`
 */
export async function copyProject(
  stores: CopyStores,
  head: LogHead,
  epoch?: string,
): Promise<Copied> {
  const { log: logs } = stores.target
  const log = await begin(stores.target, head.project, epoch)
  const subscriptions = await copyChanges(stores, head, log)
  const units = await copyEvents(stores, log)
  await copyKeyUses(stores, log)
  const deliveries = await copyOutbox(stores, log, subscriptions)
  await logs.finish({ ...log, version: head.version })
  return { changes: head.version, units, deliveries }
}

/** Starts an empty log, in place of one that an interrupted copy has left. */
async function begin(
  { log, events }: Stores,
  project: string,
  epoch: string | undefined,
): Promise<LogName> {
  const unfinished = await log.head(project)
  if (unfinished?.version === 0) {
    await log.delete(unfinished)
    await events.prune(PRUNE_HIDDEN_ONLY)
  }
  return log.create(project, epoch)
}

/** Copies changes and receipts. Returns the keys of all subscriptions that there ever were. */
async function copyChanges(
  { source, target }: CopyStores,
  head: LogHead,
  log: LogName,
): Promise<ReadonlySet<string>> {
  const { project } = head
  const subscriptions = new Set<string>()
  let last = 0
  for await (const changes of readVerified(source.log, project, { seq: 0, hash: '' })) {
    await target.log.fill(log, changes)
    for (const { kind, key } of changes.flatMap(({ edits }) => edits))
      if (kind === 'subscription') subscriptions.add(key)
    last = changes.at(-1)?.seq ?? last
  }
  verifyEnd(head, last)
  for (const receipts of inParts(await source.log.receipts(project), ITEMS_AT_ONCE))
    await Promise.all(receipts.map((receipt) => target.log.keepReceipt(project, receipt)))
  return subscriptions
}

/** Copies counts. Returns the number of their units. */
async function copyEvents({ source, target }: CopyStores, log: LogName): Promise<number> {
  let units = 0
  for await (const piece of source.events.export(log.project)) {
    await target.events.import(log, piece)
    units += piece.attempts.reduce((sum, attempt) => sum + attempt.units.length, 0)
  }
  return units
}

async function copyKeyUses({ source, target }: CopyStores, { project }: LogName): Promise<void> {
  const uses = await source.keyUsage.lastUses(project)
  for (const some of inParts([...uses], ITEMS_AT_ONCE))
    await target.keyUsage.record(project, new Map(some))
}

/** Copies the deliveries to subscriptions, and the change up to which they are recorded. */
async function copyOutbox(
  { source, target }: CopyStores,
  log: LogName,
  subscriptions: ReadonlySet<string>,
): Promise<number> {
  const { project } = log
  const cursor = await source.outbox.cursor(project)
  let copied = 0
  for (const subscription of subscriptions) {
    const all = await source.outbox.latest(project, subscription, ALL_DELIVERIES)
    for (const deliveries of inParts(all, ITEMS_AT_ONCE))
      await target.outbox.record(log, { cursor, deliveries })
    copied += all.length
  }
  if (cursor > 0) await target.outbox.record(log, { cursor, deliveries: [] })
  return copied
}
