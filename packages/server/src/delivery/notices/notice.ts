import type { NoticeEvent, Severity } from '@flaghoist/core/schema'

/** An event of a project, in words and in data. */
export interface Notice {
  readonly event: NoticeEvent
  readonly severity: Severity
  readonly project: string
  /** Number of the change. */
  readonly change: number
  /** Time of the change, ISO 8601. */
  readonly at: string
  readonly flags: readonly string[]
  /** Key of the rollout that it is about. */
  readonly rollout?: string | undefined
  readonly scopes: readonly string[]
  /** The event and its scopes, in one sentence. */
  readonly what: string
  /** The verdict, or the reason that a person gave. */
  readonly reason?: string | undefined
  /** Further facts, in order. */
  readonly details?: readonly Detail[] | undefined
  /** The present state, as a result of the event. */
  readonly done: string
  /** The next step of the reader. */
  readonly todo: string
  /** Sent only if the run is still held at that time after the change, ms. */
  readonly holdsForMs?: number | undefined
}

/** A fact of a notice, with its name. */
export interface Detail {
  readonly name: string
  readonly text: string
}

/** The members of a notice that its event decides. */
export type NoticeParts = Omit<Notice, 'project' | 'change' | 'at'>

export const NOTHING_TO_DO = 'You need to do nothing.'

/** Joins names as a sentence does. More than `most` are cut, and the others counted. */
export function listed(names: readonly string[], most = 4): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names
  const rest = names.length - shown.length
  const parts = rest > 0 ? [...shown, `${rest} others`] : shown
  return parts.length < 2
    ? (parts[0] ?? '')
    : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

export function quoted(names: readonly string[]): string {
  return listed(names.map((name) => `"${name}"`))
}
