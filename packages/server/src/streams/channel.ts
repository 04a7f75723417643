import type { Socket } from 'node:net'
import type { RulesetPatch } from '@flaghoist/core'
import type { Cursor } from '../rulesets/cursor.ts'
import { hashInSteps } from '../rulesets/published.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { heartbeatFrame, patchFrame, putFrame } from './frames.ts'
import { isAt, PatchRing } from './patch-ring.ts'
import type { RulesetChannel } from './ruleset-channels.ts'
import type { StreamEncoding } from './stream-encoding.ts'
import { broadcast, send } from './stream-socket.ts'

/** A patch larger than this and larger than the whole ruleset is replaced by the ruleset. */
const LARGE_PATCH_BYTES = 256 * 1024

/**
 * The streams of one target and encoding. A frame is serialised once, and all sockets share its
 * bytes. Frames are written at once, so that nothing is queued ahead of a kill.
 */
export class Channel implements RulesetChannel {
  readonly streams = new Set<Socket>()
  readonly #encoding: StreamEncoding
  readonly #bufferBytes: number
  readonly #ring = new PatchRing()
  #published: PublishedRuleset
  #put: Buffer | undefined
  /** Size of the last `put` frame. */
  #putBytes = 0
  #heartbeat: Buffer | undefined
  #confirmWithinMs = 0

  /** @param bufferBytes unsent bytes, in addition to one ruleset, at which a socket is closed */
  constructor(published: PublishedRuleset, encoding: StreamEncoding, bufferBytes: number) {
    this.#published = published
    this.#encoding = encoding
    this.#bufferBytes = bufferBytes
  }

  /** Sends an update to every stream, and keeps it for clients that reconnect. */
  publish({ patch, published }: RulesetUpdate): void {
    const { ruleset: before } = this.#published
    this.#published = published
    this.#put = undefined
    this.#heartbeat = undefined
    const frame = patch && this.#smallFrame(patch)
    if (frame === undefined) this.#ring.clear()
    else this.#ring.add(before, frame)
    if (this.streams.size > 0) broadcast(this.streams, frame ?? this.#putFrame(), this.#maxUnsent)
  }

  *prepareHeartbeat(): Generator<void> {
    if (this.#heartbeat === undefined) yield* hashInSteps(this.#published.ruleset)
  }

  sendHeartbeat(stream: Socket, confirmWithinMs: number): void {
    if (confirmWithinMs !== this.#confirmWithinMs) this.#heartbeat = undefined
    this.#confirmWithinMs = confirmWithinMs
    send(stream, this.#heartbeatFrame(), this.#maxUnsent)
  }

  /**
   * Sends the updates after a cursor, and a heartbeat, by which the client detects at once that it
   * holds something else.
   */
  catchUp(stream: Socket, since: Cursor | undefined): void {
    const missed = since === undefined ? undefined : this.#missedSince(since)
    for (const frame of missed ?? [this.#putFrame()]) stream.write(frame)
    if (missed !== undefined) stream.write(this.#heartbeatFrame())
  }

  /** The frame of a patch; undefined if the whole ruleset is smaller. */
  #smallFrame(patch: RulesetPatch): Buffer | undefined {
    const frame = patchFrame(patch)
    const isSmall =
      frame.length <= LARGE_PATCH_BYTES ||
      !removesItems(patch) ||
      frame.length <= this.#published.bytes.length
    return isSmall ? this.#encoding.encode(frame) : undefined
  }

  /** The frames after a cursor; undefined if they are not all buffered. */
  #missedSince(cursor: Cursor): readonly Buffer[] | undefined {
    return isAt(cursor, this.#published.ruleset) ? [] : this.#ring.since(cursor)
  }

  /** A client that still downloads a large ruleset over a slow line is not stuck. */
  get #maxUnsent(): number {
    return this.#bufferBytes + this.#putBytes
  }

  #putFrame(): Buffer {
    this.#put ??= this.#encoding.encode(putFrame(this.#published))
    this.#putBytes = this.#put.length
    return this.#put
  }

  #heartbeatFrame(): Buffer {
    this.#heartbeat ??= this.#encoding.encode(
      heartbeatFrame(this.#published, this.#confirmWithinMs),
    )
    return this.#heartbeat
  }
}

/** Checks that a patch removes an item. One that only sets items is never larger than a ruleset. */
function removesItems({ flags, segments }: RulesetPatch): boolean {
  return [flags, segments].some((items) => Object.values(items).some((item) => item === null))
}
