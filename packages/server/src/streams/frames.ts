import type { RulesetPatch } from '@flaghoist/core'
import { cursorText } from '../rulesets/cursor.ts'
import type { PublishedRuleset } from '../rulesets/rulesets.ts'
import { VARY } from './ruleset-headers.ts'

/**
 * The headers of every event stream. They keep proxies from caching, compressing and buffering it;
 * nginx reads `X-Accel-Buffering`.
 */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  vary: VARY,
} as const

/** The event of a whole ruleset. */
export function putFrame({ ruleset, bytes }: PublishedRuleset): Buffer {
  return Buffer.concat([
    Buffer.from(`event: put\nid: ${cursorText(ruleset)}\ndata: `),
    bytes,
    Buffer.from('\n\n'),
  ])
}

/** The event of a patch. */
export function patchFrame(patch: RulesetPatch): Buffer {
  const id = cursorText({ ...patch, version: patch.to })
  return Buffer.from(`event: patch\nid: ${id}\ndata: ${JSON.stringify(patch)}\n\n`)
}

/**
 * The event that names the current version with its hash, and the digest of its ruleset.
 * @param confirmWithinMs time over which clients spread their confirmations; 0 for at once
 */
export function heartbeatFrame(
  { ruleset, digest }: PublishedRuleset,
  confirmWithinMs: number,
): Buffer {
  const { epoch, version, hash } = ruleset
  const spread = confirmWithinMs === 0 ? undefined : confirmWithinMs
  const data = JSON.stringify({ epoch, version, hash, digest, confirmWithinMs: spread })
  return Buffer.from(`event: heartbeat\ndata: ${data}\n\n`)
}

/** The delay before a client reconnects after the stream has ended, in ms. */
export function retryFrame(ms: number): Buffer {
  return Buffer.from(`retry: ${Math.round(ms)}\n\n`)
}
