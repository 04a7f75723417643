import type { ServerResponse } from 'node:http'
import { problem } from '../errors.ts'
import {
  type PublishedRuleset,
  type Rulesets,
  type RulesetTarget,
  targetName,
} from '../rulesets/rulesets.ts'
import { Channel } from './channel.ts'
import { retryFrame, STREAM_HEADERS } from './frames.ts'
import type { OpenStream, StreamChannel, StreamHub } from './hub.ts'
import type { Propagation, ReportingSdk } from './propagation.ts'
import { type CountedStream, StreamCounts, type StreamLimits } from './stream-counts.ts'
import type { StreamEncoding } from './stream-encoding.ts'

export interface HubOptions {
  readonly rulesets: Rulesets
  /** Records connections; undefined for streams whose clients do not confirm versions. */
  readonly propagation?: Propagation | undefined
  /** Creates the channel of a target; by default one that sends the ruleset and its patches. */
  readonly channel?:
    | ((
        published: PublishedRuleset,
        target: RulesetTarget,
        encoding: StreamEncoding,
      ) => StreamChannel)
    | undefined
  readonly heartbeatMs: number
  readonly isKeyLive: (keyId: string) => boolean
  /** Checks that the project, the environment and the instance of a target still exist. */
  readonly targetExists: (target: RulesetTarget) => boolean
  /** Unsent bytes, in addition to one ruleset, at which a socket is closed. */
  readonly bufferBytes: number
  /** Limits of open streams; by default those of the product. */
  readonly limits?: Partial<StreamLimits> | undefined
  /** Lifetime of a stream, ± 20%. Clients that reconnect spread over the replicas again. */
  readonly streamAgeMs?: number | undefined
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const LIMITS: StreamLimits = { perKey: 10_000, perClientKey: 100_000, perAddress: 2_000 }
const STREAM_AGE_MS = 15 * 60 * 1_000
/** Time over which the clients of ended streams reconnect. */
const RETURN_WITHIN_MS = 5_000
/** Interval of the search for expired keys and old streams. */
const SWEEP_MS = 2_500
/** A client that does not read the end of its stream is disconnected after this time. */
const LEAVE_WITHIN_MS = 10_000
/** Time that a channel without streams is kept for clients that reconnect. */
const IDLE_CHANNEL_MS = 10 * 60 * 1_000

/** Rate at which this process takes the confirmations of one change. */
const CONFIRMATIONS_PER_MS = 1
/** Few clients confirm at once. */
const MIN_CONFIRM_WITHIN_MS = 100

interface Stream {
  readonly response: ServerResponse
  readonly encoding: StreamEncoding
  readonly channel: StreamChannel
  readonly counted: CountedStream
  readonly sdk: ReportingSdk
  endsAt: number
}

interface Watched {
  readonly project: string
  readonly channel: StreamChannel
  readonly unwatch: () => void
  idleSince: number | undefined
}

export function createStreamHub(options: HubOptions): StreamHub {
  return new Hub(options)
}

class Hub implements StreamHub {
  readonly #options: HubOptions
  readonly #streams = new Map<ServerResponse, Stream>()
  readonly #channels = new Map<string, Watched>()
  readonly #counts: StreamCounts
  readonly #timers: readonly NodeJS.Timeout[]
  #isClosing = false
  #opened = 0

  constructor(options: HubOptions) {
    this.#options = options
    this.#counts = new StreamCounts({ ...LIMITS, ...options.limits })
    this.#timers = [
      setInterval(() => this.#sendHeartbeats(), options.heartbeatMs).unref(),
      setInterval(() => this.#sweep(), SWEEP_MS).unref(),
    ]
  }

  get size(): number {
    return this.#streams.size
  }

  get opened(): number {
    return this.#opened
  }

  get #confirmWithinMs(): number {
    const ms = this.size / CONFIRMATIONS_PER_MS
    return ms < MIN_CONFIRM_WITHIN_MS ? 0 : ms
  }

  open({ response, target, encoding, keyId, address, sdk: identity, since }: OpenStream): void {
    const { rulesets, elapsed, random, propagation } = this.#options
    const { streamAgeMs = STREAM_AGE_MS } = this.#options
    if (response.destroyed) return // The client has left, and no further event would tell.
    if (this.#isClosing) throw problem('SERVER_CLOSING', {})
    const counted = { keyId, address, audience: target.audience }
    this.#counts.requireRoom(counted)

    // Subscribe before the snapshot, in one turn of the event loop, so that no version is missed.
    const { channel } = this.#channelOf(target, encoding)
    rulesets.current(target, since?.version)
    const endsAt = elapsed() + streamAgeMs * (0.8 + 0.4 * random())
    const sdk = { ...identity, ...target }
    this.#counts.add(counted)
    this.#opened += 1
    this.#streams.set(response, { response, encoding, channel, counted, sdk, endsAt })
    propagation?.connected(sdk, since)
    response.once('close', () => this.#forget(response))
    response.socket?.setNoDelay(true)
    response.writeHead(200, { ...STREAM_HEADERS, ...encoding.headers })
    const retry = encoding.encode(retryFrame(1_000 + random() * 4_000))
    response.write(Buffer.concat([encoding.start, retry]))
    channel.catchUp(response, since)
    channel.streams.add(response)
  }

  cut(keyId: string): void {
    for (const stream of this.#streams.values())
      if (stream.counted.keyId === keyId) stream.response.destroy()
  }

  endProject(project: string): void {
    for (const stream of this.#streams.values())
      if (stream.sdk.project === project) this.#end(stream)
    for (const [name, watched] of this.#channels)
      if (watched.project === project) this.#drop(name, watched)
  }

  close(): void {
    this.#isClosing = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const { unwatch } of this.#channels.values()) unwatch()
    this.#channels.clear()
    for (const stream of this.#streams.values()) this.#end(stream)
  }

  #channelOf(target: RulesetTarget, encoding: StreamEncoding): Watched {
    const name = `${encoding.name} ${targetName(target)}`
    const known = this.#channels.get(name)
    if (known !== undefined) return known

    const { rulesets, bufferBytes, channel: create } = this.#options
    const published = rulesets.current(target)
    const channel =
      create?.(published, target, encoding) ?? new Channel(published, encoding, bufferBytes)
    const unwatch = rulesets.watch(target, (update) => channel.publish(update))
    const { project } = target
    const watched: Watched = { project, channel, unwatch, idleSince: undefined }
    this.#channels.set(name, watched)
    return watched
  }

  #drop(name: string, { unwatch }: Watched): void {
    unwatch()
    this.#channels.delete(name)
  }

  /** Ends a stream with a hint to reconnect, each client after another delay. */
  #end({ response, encoding, channel }: Stream): void {
    if (response.writableEnded) return
    channel.streams.delete(response) // A write after the end would be an uncaught error.
    response.write(encoding.encode(retryFrame(this.#options.random() * RETURN_WITHIN_MS)))
    response.end()
  }

  #forget(response: ServerResponse): void {
    const stream = this.#streams.get(response)
    if (stream === undefined) return
    this.#streams.delete(response)
    stream.channel.streams.delete(response)
    this.#counts.remove(stream.counted)
    this.#options.propagation?.disconnected(stream.sdk)
  }

  #sendHeartbeats(): void {
    const now = this.#options.elapsed()
    for (const [name, watched] of this.#channels) {
      if (watched.channel.streams.size > 0) watched.channel.sendHeartbeat(this.#confirmWithinMs)
      if (watched.channel.streams.size > 0) watched.idleSince = undefined
      else watched.idleSince ??= now
      if (now - (watched.idleSince ?? now) > IDLE_CHANNEL_MS) this.#drop(name, watched)
    }
  }

  /** Closes the streams of invalid keys, and ends old streams and those of deleted targets. */
  #sweep(): void {
    const now = this.#options.elapsed()
    for (const keyId of this.#counts.keys) if (!this.#options.isKeyLive(keyId)) this.cut(keyId)
    for (const stream of this.#streams.values()) {
      if (stream.endsAt > now && this.#options.targetExists(stream.sdk)) continue
      if (stream.response.writableEnded) stream.response.destroy()
      this.#end(stream)
      stream.endsAt = now + LEAVE_WITHIN_MS
    }
  }
}
