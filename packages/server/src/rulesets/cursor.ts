import { isOfVersion } from '../projects/local-writes.ts'
import type { LiveProject, Projects } from '../projects/projects.ts'

/** A version of a project's log: the position of an SDK in a stream. */
export interface Cursor {
  readonly epoch: string
  readonly version: number
  /** First 16 digits of the hash of the change `version`; SDKs before 0.2 do not send it. */
  readonly hash?: string | undefined
}

/** The text of a cursor, `<epoch>.<version>.<hash>`: the id of a stream event. */
export function cursorText({ epoch, version, hash }: Cursor): string {
  return hash === undefined ? `${epoch}.${version}` : `${epoch}.${version}.${hash}`
}

/**
 * Parses the cursor of a client; undefined for anything else, so that the client receives a
 * snapshot.
 */
export function parseCursor(text: string | undefined): Cursor | undefined {
  const match = /^([0-9a-z]{1,64})\.([0-9]{1,15})(?:\.([0-9a-f]{16}))?$/.exec(text ?? '')
  return match ? { epoch: match[1]!, version: Number(match[2]), hash: match[3] } : undefined
}

/**
 * Returns the cursor of a client if the project's log leads to it, also with local writes of some
 * server; undefined for one of another lineage, such as changes that a restored backup lacks. Reads
 * the log first if another process may have appended the version.
 */
export async function confirmCursor(
  projects: Projects,
  project: string,
  cursor: Cursor | undefined,
): Promise<Cursor | undefined> {
  if (cursor === undefined) return undefined
  await projects.catchUp(project, cursor.version)
  return isInLog(cursor, projects.get(project)) ? cursor : undefined
}

/** Checks that the log of a project leads to a cursor, also with local writes of some server. */
export function isInLog(
  { epoch, version, hash }: Cursor,
  { epoch: own, state, hashAt }: LiveProject,
): boolean {
  if (epoch !== own || version > state.version) return false
  // Without a hash, the digest in the next heartbeat has to reveal another lineage.
  return hash === undefined || isOfVersion(hash, hashAt(version))
}
