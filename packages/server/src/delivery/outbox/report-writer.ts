import { DEFAULT_DAILY_REPORT, type Subscription } from '@flaghoist/core/schema'
import { lastDay } from '../../calendar/day.ts'
import type { Period } from '../../calendar/periods.ts'
import { versionOf } from '../../projects/checks.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { ChangeLog } from '../../stores/change-log.ts'
import type { Delivery, Outbox } from '../../stores/outbox.ts'
import { deliveryId, isSevereEnough } from '../notices/derive-deliveries.ts'
import type { Notice } from '../notices/notice.ts'

/** The report of one day. */
export interface DailyReport {
  readonly notice: Omit<Notice, 'change' | 'at'>
  /** True if there is nothing to report. */
  readonly isQuiet: boolean
}

/** Reads the report of a day for a subscription. */
export type ReadDailyReport = (
  project: LiveProject,
  subscription: Subscription,
  day: Period & { readonly zone: string },
) => Promise<DailyReport>

export interface ReportWriterOptions {
  readonly log: Pick<ChangeLog, 'read'>
  readonly outbox: Outbox
  readonly readReport: ReadDailyReport
  /** Wall clock, epoch ms. */
  readonly now: () => number
}

/** Records the daily reports of subscriptions in the outbox, once they are due. */
export interface ReportWriter {
  /** Records the reports that are due. Returns the keys of the subscriptions that have one. */
  recordDue(project: LiveProject): Promise<readonly string[]>
}

/**
 * The id of a delivery is derived from its day, so that a crash or another process records no
 * second one. Only the last day is looked at: after an outage, older days are skipped.
 */
export function createReportWriter(options: ReportWriterOptions): ReportWriter {
  const { log, outbox, readReport, now } = options
  /** The ends of the days that need no further look, by subscription. */
  const settled = new Map<string, number>()

  /** Checks that a day is recorded, or that the subscription was changed after its end. */
  const isSettled = async (
    project: LiveProject,
    { key }: Subscription,
    id: string,
    end: number,
  ) => {
    if ((await outbox.find(project.key, id)) !== undefined) return true
    const version = versionOf(project.state, [`subscription:${key}`])
    const [change] = await log.read(project.key, version - 1, 1)
    return change !== undefined && Date.parse(change.at) > end
  }
  const record = async (project: LiveProject, subscription: Subscription) => {
    const { key } = subscription
    const { at, timeZone: zone, onQuietDays } = subscription.dailyReport ?? DEFAULT_DAILY_REPORT
    const day = lastDay(at, zone, now())
    const name = `${project.epoch} ${key}`
    if (settled.get(name) === day.to) return false
    const id = deliveryId([project.key, project.epoch, 'daily-report', String(day.to), key])
    const isDue = !(await isSettled(project, subscription, id, day.to))
    if (isDue) {
      const { notice, isQuiet } = await readReport(project, subscription, { ...day, zone })
      const isSent = isSevereEnough(subscription, notice) && (onQuietDays || !isQuiet)
      const { version } = project.state
      const delivery: Delivery = {
        id,
        subscription: key,
        seq: version,
        at: day.to,
        notice: JSON.stringify({ ...notice, change: version, at: new Date(day.to).toISOString() }),
        state: isSent ? 'pending' : 'skipped',
        attempts: 0,
        dueAt: day.to,
      }
      const { key: projectKey, epoch } = project
      await outbox.record({ project: projectKey, epoch }, { cursor: 0, deliveries: [delivery] })
    }
    settled.set(name, day.to)
    return isDue
  }

  return {
    async recordDue(project) {
      const recorded: string[] = []
      for (const subscription of project.state.subscriptions.values())
        if (subscription.enabled && subscription.events.includes('daily-report'))
          if (await record(project, subscription)) recorded.push(subscription.key)
      return recorded
    },
  }
}
