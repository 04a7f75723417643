import type { Schema } from '../api/client.ts'
import { day } from '../parts/format.ts'
import type { Layer } from './flag-requests.ts'

/** The note of a layer in the form of a request: why it differs, and until when. */
export type Note = NonNullable<Schema<'LayerRequest'>['note']>

/** Returns a note in one line, such as `Dan, until 31 Jan 2027: Acme tests it first`. */
export function noteText({ reason, owner, expiresAt, expired }: Note): string {
  const end = expiresAt && `${expired ? 'expired' : 'until'} ${day(expiresAt)}`
  const from = [owner, end].filter((part) => part)
  return from.length === 0 ? reason : `${from.join(', ')}: ${reason}`
}

/** Returns the note of a layer as people edit it; an empty one if it has none. */
export function noteOf({ note = { reason: '' } }: Pick<Layer, 'note'>): Note {
  const { expired: _, ...written } = note
  return written
}

/** Checks that a note can be stored. */
export const isWritten = ({ reason }: Note): boolean => reason.trim() !== ''
