import type { Socket } from 'node:net'
import type { RulesetPatch } from '@flaghoist/core'
import { runAtOnce } from '@flaghoist/core/internal'
import type { Cursor } from '../rulesets/cursor.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { heartbeatFrame, patchFrame, putFrame } from './frames.ts'
import { isAt, PatchRing } from './patch-ring.ts'
import type { RulesetChannel } from './ruleset-channels.ts'
import { encodeInSteps, type StreamEncoding } from './stream-encoding.ts'
import { broadcast, send } from './stream-socket.ts'

/** A patch larger than this and larger than the whole ruleset is replaced by the ruleset. */
const LARGE_PATCH_BYTES = 256 * 1024
/** Frames up to this size raise the limit of unsent bytes too little to search all streams. */
const SMALL_FRAME_BYTES = 4_096

/** The frame of an update. */
interface EncodedUpdate {
  readonly update: RulesetUpdate
  /** Undefined if the whole ruleset is sent. */
  readonly patch: Buffer | undefined
  /** Undefined if it is not sent. */
  readonly put: Buffer | undefined
}

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
  /** The update that was prepared last. */
  #prepared: EncodedUpdate | undefined
  #put: Buffer | undefined
  /** Size of the largest frame that a stream may still be reading, such as a `put`. */
  #largeBytes = 0
  #heartbeat: Buffer | undefined
  #confirmWithinMs = 0

  /** @param bufferBytes unsent bytes, beyond a large frame, at which a socket is closed */
  constructor(published: PublishedRuleset, encoding: StreamEncoding, bufferBytes: number) {
    this.#published = published
    this.#encoding = encoding
    this.#bufferBytes = bufferBytes
  }

  *prepare(update: RulesetUpdate): Generator<void> {
    this.#prepared = yield* this.#encode(update)
  }

  /** Sends an update to every stream, and keeps it for clients that reconnect. */
  publish(update: RulesetUpdate): void {
    const isPrepared = this.#prepared?.update === update
    const { patch, put } = isPrepared ? this.#prepared! : runAtOnce(this.#encode(update))
    const { ruleset: before } = this.#published
    this.#prepared = undefined
    this.#published = update.published
    this.#put = put
    this.#heartbeat = undefined
    if (patch === undefined) this.#ring.clear()
    else this.#ring.add(before, patch)
    if (this.streams.size > 0) this.#broadcast(patch ?? this.#putFrame())
  }

  *prepareHeartbeat(): Generator<void> {
    // Another ruleset may be published between the steps.
    while (!this.#published.isHashed) yield* this.#published.hash()
  }

  prepareCatchUp(since: Cursor | undefined): Generator<void> | undefined {
    if (this.#put !== undefined) return undefined
    const isPatched = since !== undefined && this.#missedSince(since) !== undefined
    if (!isPatched) return this.#preparePut(this.#published)
    return this.#published.isHashed ? undefined : this.prepareHeartbeat()
  }

  sendHeartbeat(stream: Socket, confirmWithinMs: number): void {
    if (confirmWithinMs !== this.#confirmWithinMs) this.#heartbeat = undefined
    this.#confirmWithinMs = confirmWithinMs
    send(stream, this.#heartbeatFrame(), this.#maxUnsent)
  }

  /**
   * Returns the updates after a cursor, and a heartbeat, by which the client detects at once that
   * it holds something else.
   */
  catchUp(since: Cursor | undefined): readonly Buffer[] {
    const missed = since === undefined ? undefined : this.#missedSince(since)
    return missed === undefined ? [this.#putFrame()] : [...missed, this.#heartbeatFrame()]
  }

  *#encode(update: RulesetUpdate): Generator<void, EncodedUpdate> {
    const { published } = update
    const patch = update.patch && (yield* this.#smallFrame(update.patch, published))
    const isPut = patch === undefined && this.streams.size > 0
    return { update, patch, put: isPut ? yield* this.#wholeFrame(published) : undefined }
  }

  /** The frame of a patch; undefined if the whole ruleset is smaller. */
  *#smallFrame(
    patch: RulesetPatch,
    published: PublishedRuleset,
  ): Generator<void, Buffer | undefined> {
    const frame = yield* patchFrame(patch)
    const isSmall =
      frame.length <= LARGE_PATCH_BYTES ||
      !removesItems(patch) ||
      frame.length <= (yield* published.serialise()).length
    return isSmall ? yield* encodeInSteps(this.#encoding, frame) : undefined
  }

  *#preparePut(published: PublishedRuleset): Generator<void> {
    const put = yield* this.#wholeFrame(published)
    if (this.#published === published) this.#put = put
  }

  *#wholeFrame(published: PublishedRuleset): Generator<void, Buffer> {
    return yield* encodeInSteps(this.#encoding, yield* putFrame(published))
  }

  #broadcast(frame: Buffer): void {
    if (this.#largeBytes > SMALL_FRAME_BYTES && !this.#isReadingLarge()) this.#largeBytes = 0
    this.#largeBytes = Math.max(this.#largeBytes, frame.length)
    broadcast(this.streams, frame, this.#maxUnsent)
  }

  /** The frames after a cursor; undefined if they are not all buffered. */
  #missedSince(cursor: Cursor): readonly Buffer[] | undefined {
    return isAt(cursor, this.#published.ruleset) ? [] : this.#ring.since(cursor)
  }

  /** A client that still downloads a large frame over a slow line is not stuck. */
  get #maxUnsent(): number {
    return this.#bufferBytes + this.#largeBytes
  }

  /** Checks that a stream has more unsent bytes than the limit without a large frame. */
  #isReadingLarge(): boolean {
    for (const { writableLength } of this.streams)
      if (writableLength > this.#bufferBytes) return true
    return false
  }

  #putFrame(): Buffer {
    this.#put ??= runAtOnce(this.#wholeFrame(this.#published))
    this.#largeBytes = Math.max(this.#largeBytes, this.#put.length)
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
