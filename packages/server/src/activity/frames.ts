import type { LiveProject } from '../projects/projects.ts'

/** Returns an event as the bytes of a stream. @param id version after which a client resumes */
export function eventFrame(event: string, data: object, id?: number): Buffer {
  const position = id === undefined ? '' : `id: ${id}\n`
  return Buffer.from(`event: ${event}\n${position}data: ${JSON.stringify(data)}\n\n`)
}

/** Returns the event that names the current version of a project. */
export function positionFrame(
  event: 'heartbeat' | 'reset',
  { epoch, state: { version } }: Pick<LiveProject, 'epoch' | 'state'>,
): Buffer {
  return eventFrame(event, { version, epoch }, version)
}
