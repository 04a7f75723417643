import type { Projects } from '../../projects/projects.ts'
import type { HeldLease, Term } from '../../stores/held-lease.ts'
import { isLeaseLost } from '../../stores/leases.ts'
import type { Outbox } from '../../stores/outbox.ts'
import type { Stores } from '../../stores/stores.ts'
import { MINUTE_MS } from '../../time.ts'
import { followDays } from './follow-days.ts'
import { followProjects } from './follow-projects.ts'
import { createLanes, type LanesOptions } from './lanes.ts'
import { createNoticeWriter } from './notice-writer.ts'
import { createReportWriter, type ReadDailyReport } from './report-writer.ts'

export interface SendingOptions extends Omit<LanesOptions, 'outbox' | 'projects'> {
  readonly projects: Projects
  readonly stores: Pick<Stores, 'log' | 'outbox'>
  readonly lease: HeldLease
  readonly readReport: ReadDailyReport
}

/** Derives and sends the notices and daily reports of all projects during one term of the lease. */
export interface Sending {
  readonly term: Term
  /** Wakes the lane of a delivery that is pending again. */
  retry(project: string, subscription: string): void
  /** Ends after the messages in flight. */
  close(): Promise<void>
}

/** Interval at which all lanes look for deliveries that another process made pending again. */
const LOOK_EVERY_MS = MINUTE_MS

export function startSending(options: SendingOptions, term: Term): Sending {
  const { projects, stores, lease } = options
  const outbox = outboxDuring(term, options)
  const onError = (error: unknown) => {
    if (isLeaseLost(error)) lease.lose()
    else options.onError(error)
  }
  const writer = createNoticeWriter({ log: stores.log, outbox })
  const lanes = createLanes({ ...options, outbox, onError })

  const catchUp = async (project: string) => {
    // A project that was deleted since its last change has no notices.
    if (!projects.has(project)) return
    for (const key of await writer.catchUp(projects.get(project))) lanes.of(project, key).wake()
  }
  const wakeAll = () => {
    for (const { key, state } of projects.list())
      for (const subscription of state.subscriptions.keys()) lanes.of(key, subscription).wake()
  }
  wakeAll()
  const looking = setInterval(wakeAll, LOOK_EVERY_MS).unref()
  const unfollow = followProjects({ projects, catchUp, onError })
  const unfollowDays = followDays({
    projects,
    writer: createReportWriter({ ...options, log: stores.log, outbox }),
    onRecorded: (project, key) => lanes.of(project, key).wake(),
    onError,
  })
  return {
    term,
    retry: (project, subscription) => lanes.of(project, subscription).retry(),
    async close() {
      clearInterval(looking)
      await Promise.all([unfollow(), unfollowDays()])
      await lanes.close()
    },
  }
}

/** The outbox under a lease: nothing is pending once it may have expired, and writes are fenced. */
function outboxDuring({ fence }: Term, { stores: { outbox }, lease }: SendingOptions): Outbox {
  const isHeld = () => lease.term()?.fence.number === fence.number
  return {
    ...outbox,
    pending: async (...query) => (isHeld() ? outbox.pending(...query) : []),
    record: (log, record) => outbox.record(log, record, fence),
    update: (project, deliveries) => outbox.update(project, deliveries, fence),
  }
}
