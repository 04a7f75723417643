import type { Config } from '../config.ts'
import { problem } from '../errors.ts'
import type { Intake } from '../ingest/intake.ts'
import {
  createLocator,
  eventsIn,
  type LocateOptions,
  MAX_CLOCK_SKEW_MS,
} from '../ingest/locate-items.ts'
import type { QuotaReservation, ReportQuota } from '../ingest/report-quota.ts'
import type { ReportedBatch } from '../ingest/schemas.ts'
import { isWhole } from '../ingest/select-events.ts'
import { sizeText } from '../size-text.ts'
import type { FreeSpace } from '../stores/free-space.ts'
import type { Forwarder } from './forwarder.ts'
import type { Items } from './merge-items.ts'
import type { ReportQueue } from './report-queue.ts'

export interface RelayedIntakeParts {
  readonly config: Pick<Config, 'minFreeBytes'>
  readonly queue: ReportQueue
  readonly forwarder: Forwarder
  readonly quota: ReportQuota
  readonly freeSpace: FreeSpace
  /** Wall clock, epoch ms. */
  readonly now: () => number
}

/** The relay does not know the instances of the project. */
const NO_INSTANCES = { has: () => false }

/**
 * Creates the intake of a relay, which queues the items that its upstream can count. Only the
 * upstream knows the allocations and the samples, so it drops the others.
 */
export function createRelayedIntake(parts: RelayedIntakeParts): Intake {
  const { config, queue, forwarder, quota, freeSpace, now } = parts
  return {
    async add({ keyId }, { batch, sentAt, target, address, ruleset }) {
      if (!(await freeSpace.check()).isEnough)
        throw problem('EVENTS_PAUSED', { space: sizeText(config.minFreeBytes) })
      const { source = '', audience } = target
      const at = now()
      const reservation = quota.open({
        keyId,
        address: audience === 'client' ? address : undefined,
      })
      const { reserve } = reservation
      const options = { ruleset, instances: NO_INSTANCES, now: at, sentAt, reserve }
      // An older item may belong to a batch whose id is forgotten.
      const since = queue.remembersSince + MAX_CLOCK_SKEW_MS
      const items = selectItems(batch, options, since)
      const accepted = eventsIn(items)
      const isNew = await store(queue, reservation, {
        source,
        id: batch.id,
        at,
        items,
        events: accepted,
      })
      if (!isNew) return { accepted: 0, dropped: 0, duplicate: true }
      forwarder.wake(source)
      return { accepted, dropped: eventsIn(batch) - accepted }
    },
    samplesOf: ({ source = '' }) => forwarder.samplesOf(source),
  }
}

/**
 * Selects the items that can be counted, with their minutes by the clock of the relay.
 * @param since epoch ms; older items are dropped
 */
function selectItems(batch: ReportedBatch, options: LocateOptions, since: number): Items {
  const locate = createLocator(options)
  const select = <T extends ReportedBatch['exposures'][number] | ReportedBatch['outcomes'][number]>(
    item: T,
  ): T[] => {
    const located = locate(item)
    const isCounted = located !== undefined && located.minute >= since
    return isCounted ? [{ ...item, minute: located.minute }] : []
  }
  return {
    exposures: batch.exposures.flatMap(select),
    outcomes: batch.outcomes.filter(isWhole).flatMap(select),
  }
}

/** Stores a report, and ends its reservation. Returns false for a batch that was stored before. */
async function store(
  queue: ReportQueue,
  reservation: QuotaReservation,
  report: Parameters<ReportQueue['add']>[0],
): Promise<boolean> {
  const isNew = await queue.add(report).catch((error: unknown) => {
    reservation.release()
    throw error
  })
  if (isNew) reservation.commit()
  else reservation.release()
  return isNew
}
