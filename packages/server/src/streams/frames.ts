import type { RulesetPatch } from '@flaghoist/core'
import { concatInSteps } from '../bytes-in-steps.ts'
import { cursorText } from '../rulesets/cursor.ts'
import { rulesetBytes } from '../rulesets/ruleset-bytes.ts'
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

/** Returns the event of a whole ruleset. Serialises it in small steps. */
export function* putFrame(published: PublishedRuleset): Generator<void, Buffer> {
  const bytes = yield* published.serialise()
  const start = Buffer.from(`event: put\nid: ${cursorText(published.ruleset)}\ndata: `)
  return yield* concatInSteps([start, bytes, Buffer.from('\n\n')])
}

/** Returns the event of a patch. Serialises it in small steps. */
export function patchFrame(patch: RulesetPatch): Generator<void, Buffer> {
  const id = cursorText({ ...patch, version: patch.to })
  return rulesetBytes(patch, `event: patch\nid: ${id}\ndata: `, '\n\n')
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
