import type { ServerResponse } from 'node:http'
import { problem } from '../errors.ts'
import {
  type Address,
  addressName,
  type PublishedRuleset,
  type Rulesets,
} from '../rulesets/rulesets.ts'
import { Channel } from './channel.ts'
import { isReached, retryFrame, STREAM_HEADERS } from './frames.ts'
import type { OpenStream, StreamChannel, StreamHub } from './hub.ts'
import type { Propagation, ReportingSdk } from './propagation.ts'

export interface HubOptions {
  readonly rulesets: Rulesets
  /** Told who is connected; left out where the streams are not of SDKs that report what they hold. */
  readonly propagation?: Propagation | undefined
  /** What the streams of an address are sent; left out: the ruleset and its patches. */
  readonly channel?: ((published: PublishedRuleset, address: Address) => StreamChannel) | undefined
  readonly heartbeatMs: number
  readonly isKeyLive: (keyId: string) => boolean
  /** Whether an address is still that of an environment or instance. */
  readonly isThere: (address: Address) => boolean
  /** Unsent bytes, beside a ruleset that is on its way, at which a socket is given up. */
  readonly bufferBytes: number
  readonly streamsPerKey?: number | undefined
  /** Streams end about then, ± 20 %, so that clients spread again over the servers that there are. */
  readonly streamAgeMs?: number | undefined
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const STREAMS_PER_KEY = 10_000
const STREAM_AGE_MS = 15 * 60 * 1_000
/** How far apart the clients of an ended stream come back. */
const RETURN_WITHIN_MS = 5_000
/** How often keys that have expired and streams of age are looked for. */
const SWEEP_MS = 2_500
/** A client that was told to leave, and does not read that, is cut after this time. */
const LEAVE_WITHIN_MS = 10_000
/** A channel without streams is kept this long for clients that come back. */
const IDLE_CHANNEL_MS = 10 * 60 * 1_000

interface Stream {
  readonly response: ServerResponse
  readonly channel: StreamChannel
  readonly keyId: string
  readonly sdk: ReportingSdk
  endsAt: number
}

interface Watched {
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
  readonly #perKey = new Map<string, number>()
  readonly #timers: readonly NodeJS.Timeout[]
  #isClosing = false

  constructor(options: HubOptions) {
    this.#options = options
    this.#timers = [
      setInterval(() => this.#beat(), options.heartbeatMs).unref(),
      setInterval(() => this.#sweep(), SWEEP_MS).unref(),
    ]
  }

  get size(): number {
    return this.#streams.size
  }

  open({ response, address, keyId, sdk: identity, since }: OpenStream): void {
    const { rulesets, elapsed, random, propagation } = this.#options
    const { streamsPerKey = STREAMS_PER_KEY, streamAgeMs = STREAM_AGE_MS } = this.#options
    if (response.destroyed) return // Who asked has left meanwhile, and nobody would say so again.
    if (this.#isClosing) throw problem('SERVER_CLOSING', {})
    const count = this.#perKey.get(keyId) ?? 0
    if (count >= streamsPerKey) throw problem('STREAM_LIMIT', { count })

    // Subscribed before the snapshot is sent, in one turn of the loop: no version can fall between.
    const { channel } = this.#channelOf(address)
    const { ruleset } = rulesets.current(address)
    const endsAt = elapsed() + streamAgeMs * (0.8 + 0.4 * random())
    const sdk = { ...identity, ...address }
    this.#streams.set(response, { response, channel, keyId, sdk, endsAt })
    this.#perKey.set(keyId, count + 1)
    propagation?.connected(sdk, since && isReached(since, ruleset) ? since : undefined)
    response.once('close', () => this.#forget(response))
    response.socket?.setNoDelay(true)
    response.writeHead(200, STREAM_HEADERS)
    response.write(retryFrame(1_000 + random() * 4_000))
    channel.catchUp(response, since)
    channel.streams.add(response)
  }

  cut(keyId: string): void {
    for (const stream of this.#streams.values())
      if (stream.keyId === keyId) stream.response.destroy()
  }

  close(): void {
    this.#isClosing = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const { unwatch } of this.#channels.values()) unwatch()
    this.#channels.clear()
    for (const stream of this.#streams.values()) this.#end(stream)
  }

  #channelOf(address: Address): Watched {
    const name = addressName(address)
    const known = this.#channels.get(name)
    if (known !== undefined) return known

    const { rulesets, bufferBytes, channel: create } = this.#options
    const published = rulesets.current(address)
    const channel = create?.(published, address) ?? new Channel(published, bufferBytes)
    const unwatch = rulesets.watch(address, (update) => channel.publish(update))
    const watched: Watched = { channel, unwatch, idleSince: undefined }
    this.#channels.set(name, watched)
    return watched
  }

  /** Ends a stream with a hint to come back, each client at another moment. */
  #end({ response, channel }: Stream): void {
    if (response.writableEnded) return
    channel.streams.delete(response) // To write after the end would be an error that nobody catches.
    response.write(retryFrame(this.#options.random() * RETURN_WITHIN_MS))
    response.end()
  }

  #forget(response: ServerResponse): void {
    const stream = this.#streams.get(response)
    if (stream === undefined) return
    this.#streams.delete(response)
    stream.channel.streams.delete(response)
    const count = this.#perKey.get(stream.keyId)! - 1
    if (count === 0) this.#perKey.delete(stream.keyId)
    else this.#perKey.set(stream.keyId, count)
    this.#options.propagation?.disconnected(stream.sdk)
  }

  #beat(): void {
    const now = this.#options.elapsed()
    for (const [name, watched] of this.#channels) {
      if (watched.channel.streams.size > 0) watched.channel.beat()
      if (watched.channel.streams.size > 0) watched.idleSince = undefined
      else watched.idleSince ??= now
      if (now - (watched.idleSince ?? now) > IDLE_CHANNEL_MS) {
        watched.unwatch()
        this.#channels.delete(name)
      }
    }
  }

  /** Cuts the streams of keys that are no longer valid, and lets those of age, or of what is gone, end. */
  #sweep(): void {
    const now = this.#options.elapsed()
    for (const keyId of this.#perKey.keys()) if (!this.#options.isKeyLive(keyId)) this.cut(keyId)
    for (const stream of this.#streams.values()) {
      if (stream.endsAt > now && this.#options.isThere(stream.sdk)) continue
      if (stream.response.writableEnded) stream.response.destroy()
      this.#end(stream)
      stream.endsAt = now + LEAVE_WITHIN_MS
    }
  }
}
