import type { LiveProject, Projects } from '../../projects/projects.ts'
import { repeat } from '../../repeat.ts'
import type { ReportWriter } from './report-writer.ts'

export interface DayFollowerOptions {
  readonly projects: Pick<Projects, 'list' | 'has'>
  readonly writer: ReportWriter
  /** Called for each subscription with a recorded report. */
  readonly onRecorded: (project: string, subscription: string) => void
  readonly onError: (error: unknown) => void
}

const LOOK_EVERY_MS = 20_000

/**
 * Records the daily reports of all projects when they are due, at first at once. A failed look is
 * repeated with the next one.
 * @returns a function that ends it after the look in progress
 */
export function followDays(options: DayFollowerOptions): () => Promise<void> {
  const { projects, writer, onRecorded, onError } = options
  const lookAt = async (project: LiveProject) => {
    if (!projects.has(project.key)) return
    for (const key of await writer.recordDue(project)) onRecorded(project.key, key)
  }
  const look = async () => {
    for (const project of projects.list()) await lookAt(project).catch(onError)
  }
  return repeat(look, LOOK_EVERY_MS)
}
