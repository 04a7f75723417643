import { BATCH_IDS_KEPT_MS } from './ingest/locate-items.ts'
import { createRetentionClock } from './retention-clock.ts'
import type { Services } from './services.ts'
import type { Stores } from './stores/stores.ts'
import { DAY_MS } from './time.ts'

/** Time after the start at which its checks begin: the SDKs that come back are served first. */
const CHECK_AFTER_MS = 2_000
const FLUSH_EVERY_MS = 10_000
const PRUNE_EVERY_MS = 10 * 60 * 1_000
/** Retention of receipts: a retry within this time is recognised. */
const RETRY_WINDOW_MS = DAY_MS
/** Retention of exposed units, after the last event of their attempt. */
const UNITS_KEPT_MS = 7 * DAY_MS
/** Retention of notices that were sent, or that failed. */
const DELIVERIES_KEPT_MS = 30 * DAY_MS
const DELIVERIES_PER_SUBSCRIPTION = 1_000
/** Retention of counts. */
const SUMS_KEPT_MS = 30 * DAY_MS

/** Starts the background work of a server. Returns a function that stops it. */
export function startHousekeeping(
  services: Services,
  onError: (error: unknown) => void,
): () => void {
  const every = (ms: number, work: () => Promise<void>) =>
    setInterval(() => void work().catch(onError), ms).unref()
  const retentionNow = createRetentionClock(services)
  const timers = [
    setTimeout(services.projects.startChecks, CHECK_AFTER_MS).unref(),
    every(FLUSH_EVERY_MS, () => services.keys.flush()),
    every(FLUSH_EVERY_MS, () => recordPresence(services)),
    every(FLUSH_EVERY_MS, () => services.serverShare.refresh()),
    every(PRUNE_EVERY_MS, () => services.sessions.prune()),
    every(PRUNE_EVERY_MS, () => pruneStores(services.stores, retentionNow())),
  ]
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}

/** Records for the other servers in which scopes SDKs of this one evaluate. */
async function recordPresence({ stores, projects, propagation }: Services): Promise<void> {
  const { presence } = stores
  if (presence === undefined) return
  await Promise.all(
    projects.list().map(({ key }) => presence.record(key, propagation.connectedScopes(key))),
  )
}

async function pruneStores({ log, events, outbox }: Stores, now: number): Promise<void> {
  const before = (ms: number) => now - ms
  await log.pruneReceipts(before(RETRY_WINDOW_MS))
  await outbox.prune({
    before: before(DELIVERIES_KEPT_MS),
    perSubscription: DELIVERIES_PER_SUBSCRIPTION,
  })
  await events.prune({
    batches: before(BATCH_IDS_KEPT_MS),
    units: before(UNITS_KEPT_MS),
    sums: before(SUMS_KEPT_MS),
  })
}
