import type { RulesetPatch } from '@flaghoist/core'
import type { PublishedRuleset } from '../rulesets/rulesets.ts'

/**
 * Headers of every event stream: nothing on the way may keep, compress or collect what is sent.
 * `X-Accel-Buffering` is what nginx looks at.
 */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const

/** A whole ruleset. */
export function putFrame({ ruleset, bytes }: PublishedRuleset): Buffer {
  return Buffer.concat([
    Buffer.from(`event: put\nid: ${cursorText(ruleset)}\ndata: `),
    bytes,
    Buffer.from('\n\n'),
  ])
}

/** The last frame of a patch without items. */
let empty = { id: '', frame: Buffer.alloc(0) }

/** What leads from one version to the next. A change concerns few addresses; all the others share one frame of it. */
export function patchFrame(patch: RulesetPatch): Buffer {
  const id = cursorText({ epoch: patch.epoch, version: patch.to })
  const isEmpty = Object.keys(patch.flags).length + Object.keys(patch.segments).length === 0
  if (isEmpty && empty.id === `${patch.from} ${id}`) return empty.frame

  const frame = Buffer.from(`event: patch\nid: ${id}\ndata: ${JSON.stringify(patch)}\n\n`)
  if (isEmpty) empty = { id: `${patch.from} ${id}`, frame }
  return frame
}

/** Where the stream stands, and the digest of what its reader should hold. */
export function heartbeatFrame({ ruleset: { epoch, version }, digest }: PublishedRuleset): Buffer {
  return Buffer.from(`event: heartbeat\ndata: ${JSON.stringify({ epoch, version, digest })}\n\n`)
}

/** When to come back after the stream has ended, in ms. */
export function retryFrame(ms: number): Buffer {
  return Buffer.from(`retry: ${Math.round(ms)}\n\n`)
}

export interface Cursor {
  readonly epoch: string
  readonly version: number
}

/** `<epoch>.<version>`: the id of an event. */
export function cursorText({ epoch, version }: Cursor): string {
  return `${epoch}.${version}`
}

/** The cursor that a client names; undefined for what is none, which then gets everything. */
export function parseCursor(text: string | undefined): Cursor | undefined {
  const match = /^([0-9a-z]{1,64})\.([0-9]{1,15})$/.exec(text ?? '')
  return match ? { epoch: match[1]!, version: Number(match[2]) } : undefined
}

/** Whether a log that stands at `head` has the version that a cursor names. */
export function isReached({ epoch, version }: Cursor, head: Cursor): boolean {
  return epoch === head.epoch && version <= head.version
}
