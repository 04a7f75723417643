import type { ReadDailyReport } from '../delivery/outbox/report-writer.ts'
import type { Services } from '../services.ts'
import { dailyNotice, isQuiet } from './daily-notice.ts'
import { readReport } from './read-report.ts'

/** Creates the function that reads the report of a day as a message for a subscription. */
export function createDailyReport(
  services: Pick<Services, 'stores' | 'sharedPropagation' | 'rollouts'>,
): ReadDailyReport {
  return async (project, { scopes }, day) => {
    const report = await readReport(services, project, { since: day.from, to: day.to, scopes })
    const notice = { ...dailyNotice(report, day, scopes), project: project.key }
    return { notice, isQuiet: isQuiet(report) }
  }
}
