import { api, bodyOf, type Schema } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Report = Schema<'Report'>

interface WantedReport {
  readonly hours: number
  readonly instance: string | undefined
}

const HOUR_MS = 3_600_000

export function requestReport(wanted: WantedReport, signal: AbortSignal): Promise<Report> {
  return bodyOf(
    api.GET('/api/v1/projects/{project}/report', { params: paramsOf(wanted), signal }),
  ) as Promise<Report>
}

/** Requests the same report as one page of Markdown. */
export function requestReportMarkdown(wanted: WantedReport): Promise<string> {
  const headers = { accept: 'text/markdown' }
  const options = { params: paramsOf(wanted), headers, parseAs: 'text' } as const
  return bodyOf(api.GET('/api/v1/projects/{project}/report', options)) as Promise<string>
}

function paramsOf({ hours, instance }: WantedReport) {
  const since = new Date(Date.now() - hours * HOUR_MS).toISOString()
  return { path: inProject(), query: { since, ...(instance && { instance }) } }
}
