import type { ServerResponse } from 'node:http'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { type Cursor, heartbeatFrame, patchFrame, putFrame } from './frames.ts'
import type { StreamChannel } from './hub.ts'

/** Patches that a channel can still send to a client which was away. */
const RING_SIZE = 1_024

/** A patch that is larger than this, and than the whole ruleset, is sent as the whole. */
const LARGE_PATCH_BYTES = 256 * 1024

interface Sent {
  readonly from: number
  readonly frame: Buffer
}

/**
 * The streams of one address. A frame is made once and its bytes are shared by all sockets; what is written goes
 * out at once, so that nothing waits ahead of a kill.
 */
export class Channel implements StreamChannel {
  readonly streams = new Set<ServerResponse>()
  readonly #bufferBytes: number
  readonly #ring: Sent[] = []
  #published: PublishedRuleset
  #put: Buffer | undefined
  #heartbeat: Buffer | undefined

  /** @param bufferBytes unsent bytes at which a socket is given up */
  constructor(published: PublishedRuleset, bufferBytes: number) {
    this.#published = published
    this.#bufferBytes = bufferBytes
  }

  /** Sends an update to everybody, and keeps it for those who are away. */
  publish({ patch, published }: RulesetUpdate): void {
    this.#published = published
    this.#put = undefined
    this.#heartbeat = undefined
    if (patch === undefined) this.#ring.length = 0
    const frame = patch === undefined ? undefined : patchFrame(patch)
    const isSmall =
      frame !== undefined &&
      (frame.length <= LARGE_PATCH_BYTES || frame.length <= published.bytes.length)
    if (patch !== undefined && isSmall) {
      this.#ring.push({ from: patch.from, frame })
      if (this.#ring.length > RING_SIZE) this.#ring.shift()
    } else this.#ring.length = 0
    this.#broadcast(isSmall ? frame : this.#putFrame())
  }

  beat(): void {
    this.#broadcast(this.#heartbeatFrame())
  }

  /** Sends a client what it lacks; a client that lacks nothing gets a heartbeat, so that it hears something. */
  catchUp(stream: ServerResponse, since: Cursor | undefined): void {
    const missed = since === undefined ? undefined : this.#missedSince(since)
    if (missed === undefined) stream.write(this.#putFrame())
    else if (missed.length === 0) stream.write(this.#heartbeatFrame())
    else stream.write(Buffer.concat(missed))
  }

  /** Frames after a cursor, or undefined where they are not all at hand. */
  #missedSince({ epoch, version }: Cursor): Buffer[] | undefined {
    const { ruleset } = this.#published
    if (epoch !== ruleset.epoch || version > ruleset.version) return undefined
    if (version === ruleset.version) return []
    const first = this.#ring.findIndex(({ from }) => from === version)
    return first < 0 ? undefined : this.#ring.slice(first).map(({ frame }) => frame)
  }

  #broadcast(frame: Buffer): void {
    broadcast(this.streams, frame, this.#bufferBytes)
  }

  #putFrame(): Buffer {
    this.#put ??= putFrame(this.#published)
    return this.#put
  }

  #heartbeatFrame(): Buffer {
    this.#heartbeat ??= heartbeatFrame(this.#published)
    return this.#heartbeat
  }
}

/** Writes one frame to many streams, and gives up those that have more unsent bytes than `bufferBytes`. */
export function broadcast(
  streams: Iterable<ServerResponse>,
  frame: Buffer,
  bufferBytes: number,
): void {
  for (const stream of streams) {
    stream.write(frame)
    // A reader that does not read would fill our memory; it is brought up to date when it comes back.
    if (stream.writableLength > bufferBytes) stream.destroy()
  }
}
