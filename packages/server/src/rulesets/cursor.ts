/** A version of a project's log: the position of an SDK in the stream. */
export interface Cursor {
  readonly epoch: string
  readonly version: number
}

/** The text of a cursor, `<epoch>.<version>`: the id of a stream event. */
export function cursorText({ epoch, version }: Cursor): string {
  return `${epoch}.${version}`
}

/**
 * Parses the cursor of a client; undefined for anything else, so that the client receives a
 * snapshot.
 */
export function parseCursor(text: string | undefined): Cursor | undefined {
  const match = /^([0-9a-z]{1,64})\.([0-9]{1,15})$/.exec(text ?? '')
  return match ? { epoch: match[1]!, version: Number(match[2]) } : undefined
}

/** Checks that a log with the given head has reached a cursor. */
export function isReached({ epoch, version }: Cursor, head: Cursor): boolean {
  return epoch === head.epoch && version <= head.version
}
