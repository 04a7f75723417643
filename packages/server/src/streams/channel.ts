import type { ServerResponse } from 'node:http'
import type { RulesetPatch } from '@flaghoist/core'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { type Cursor, heartbeatFrame, isReached, patchFrame, putFrame } from './frames.ts'
import type { StreamChannel } from './hub.ts'
import { PatchRing } from './patch-ring.ts'

/** A patch that is larger than this, and than the whole ruleset, is sent as the whole. */
const LARGE_PATCH_BYTES = 256 * 1024

/**
 * The streams of one address. A frame is made once and its bytes are shared by all sockets; what is written goes
 * out at once, so that nothing waits ahead of a kill.
 */
export class Channel implements StreamChannel {
  readonly streams = new Set<ServerResponse>()
  readonly #bufferBytes: number
  readonly #ring = new PatchRing()
  #published: PublishedRuleset
  #put: Buffer | undefined
  /** Of the last `put` that was made. */
  #putBytes = 0
  #heartbeat: Buffer | undefined

  /** @param bufferBytes unsent bytes, beside a ruleset that is on its way, at which a socket is given up */
  constructor(published: PublishedRuleset, bufferBytes: number) {
    this.#published = published
    this.#bufferBytes = bufferBytes
  }

  /** Sends an update to everybody, and keeps it for those who are away. */
  publish({ patch, published }: RulesetUpdate): void {
    this.#published = published
    this.#put = undefined
    this.#heartbeat = undefined
    const frame = patch && this.#smallFrame(patch)
    if (patch === undefined || frame === undefined) this.#ring.clear()
    else this.#ring.add(patch.from, frame)
    if (this.streams.size > 0) this.#broadcast(frame ?? this.#putFrame())
  }

  beat(): void {
    this.#broadcast(this.#heartbeatFrame())
  }

  /** Sends a client what it lacks; a client that lacks nothing gets a heartbeat, so that it hears something. */
  catchUp(stream: ServerResponse, since: Cursor | undefined): void {
    const missed = since === undefined ? undefined : this.#missedSince(since)
    if (missed === undefined) stream.write(this.#putFrame())
    else if (missed.length === 0) stream.write(this.#heartbeatFrame())
    else for (const frame of missed) stream.write(frame)
  }

  /** The frame of a patch; undefined where the whole ruleset is smaller. */
  #smallFrame(patch: RulesetPatch): Buffer | undefined {
    const frame = patchFrame(patch)
    const isSmall =
      frame.length <= LARGE_PATCH_BYTES || frame.length <= this.#published.bytes.length
    return isSmall ? frame : undefined
  }

  /** Frames after a cursor, or undefined where they are not all at hand. */
  #missedSince(since: Cursor): readonly Buffer[] | undefined {
    const { ruleset } = this.#published
    if (!isReached(since, ruleset)) return undefined
    return since.version === ruleset.version ? [] : this.#ring.since(since.version)
  }

  #broadcast(frame: Buffer): void {
    // Whoever is still fetching a large ruleset over a slow line reads as it should.
    broadcast(this.streams, frame, this.#bufferBytes + this.#putBytes)
  }

  #putFrame(): Buffer {
    this.#put ??= putFrame(this.#published)
    this.#putBytes = this.#put.length
    return this.#put
  }

  #heartbeatFrame(): Buffer {
    this.#heartbeat ??= heartbeatFrame(this.#published)
    return this.#heartbeat
  }
}

/** Writes one frame to many streams, and gives up those that have more unsent bytes than `mostUnsent`. */
export function broadcast(
  streams: Iterable<ServerResponse>,
  frame: Buffer,
  mostUnsent: number,
): void {
  for (const stream of streams) {
    stream.write(frame)
    // A reader that does not read would fill our memory; it is brought up to date when it comes back.
    if (stream.writableLength > mostUnsent) stream.destroy()
  }
}
