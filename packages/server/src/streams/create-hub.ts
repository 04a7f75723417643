import type { Socket } from 'node:net'
import { problem } from '../errors.ts'
import { getOrSet } from '../get-or-set.ts'
import { runInTurns, stepInTurns } from '../pause.ts'
import type { Cursor } from '../rulesets/cursor.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import { retryFrame } from './frames.ts'
import type {
  ChannelSource,
  OpenChannel,
  OpenStream,
  SdkIdentity,
  StreamHub,
  StreamTarget,
} from './hub.ts'
import { type CountedStream, StreamCounts, type StreamLimits } from './stream-counts.ts'
import type { StreamEncoding } from './stream-encoding.ts'
import { streamHead } from './stream-head.ts'
import { sendTogether } from './stream-socket.ts'

/** Records the clients that connect and disconnect. */
export interface StreamObserver<T, P> {
  connected(client: SdkIdentity & T, since: P | undefined): void
  /** @param returns the hub has ended the stream for its age, so that the client returns */
  disconnected(client: SdkIdentity & T, returns: boolean): void
}

export interface HubOptions<T extends StreamTarget = RulesetTarget, P = Cursor> {
  readonly channels: ChannelSource<T, P>
  /** Undefined for streams whose clients do not confirm versions. */
  readonly propagation?: StreamObserver<T, P> | undefined
  readonly heartbeatMs: number
  readonly isKeyLive: (keyId: string) => boolean
  /** Checks that the project, the environment and the instance of a target still exist. */
  readonly targetExists: (target: T) => boolean
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
/**
 * Times over which few and many clients of broken streams return, and the rate between them. All
 * must be right again within 5 s, and the last one takes a while to connect.
 */
const MIN_RETURN_MS = 1_000
const MAX_RETURN_MS = 4_000
const RETURNS_PER_MS = 1
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

interface Stream<T, P> extends CountedStream {
  readonly socket: Socket
  readonly watched: Watched<T, P>
  readonly sdk: SdkIdentity & T
  readonly session: string | undefined
  endsAt: number
  /** The stream was ended for its age, and its client returns. */
  returns: boolean
}

/** A channel with its target. */
interface Watched<T, P> extends OpenChannel<P> {
  readonly target: T
  readonly encoding: StreamEncoding
  idleSince: number | undefined
}

export function createStreamHub<T extends StreamTarget, P>(
  options: HubOptions<T, P>,
): StreamHub<T, P> {
  return new Hub(options)
}

class Hub<T extends StreamTarget, P> implements StreamHub<T, P> {
  readonly #options: HubOptions<T, P>
  readonly #streams = new Map<Socket, Stream<T, P>>()
  readonly #channels = new Map<string, Watched<T, P>>()
  /** Channels that are being prepared, by name: streams that open meanwhile share the work. */
  readonly #preparing = new Map<string, Promise<void>>()
  readonly #counts: StreamCounts
  readonly #timers: readonly NodeJS.Timeout[]
  /** A listener of every socket: one function, because each closure would take memory. */
  readonly #onClose: (this: Socket) => void
  #isClosing = false
  #opened = 0

  constructor(options: HubOptions<T, P>) {
    this.#options = options
    this.#counts = new StreamCounts({ ...LIMITS, ...options.limits })
    const forget = (socket: Socket) => this.#forget(socket)
    this.#onClose = function (this: Socket) {
      forget(this)
    }
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

  prepare(target: T, encoding: StreamEncoding, since: P | undefined): Promise<void> | undefined {
    if (this.#isPrepared(target, encoding, since)) return undefined
    const prepared = this.#prepareShared(target, encoding, since)
    // The client may leave before it awaits this.
    prepared.catch(() => undefined)
    return prepared
  }

  #isPrepared(target: T, encoding: StreamEncoding, since: P | undefined): boolean {
    if (this.#options.channels.prepare?.(target, since) !== undefined) return false
    const known = this.#channels.get(this.#nameOf(target, encoding))
    return known !== undefined && known.channel.prepareCatchUp?.(since) === undefined
  }

  async #prepareShared(target: T, encoding: StreamEncoding, since: P | undefined): Promise<void> {
    const name = this.#nameOf(target, encoding)
    const share = () =>
      getOrSet(this.#preparing, name, () =>
        this.#prepareChannel(target, encoding, since).finally(() => this.#preparing.delete(name)),
      )
    await share()
    // A stream at another position, which needs less, may have begun the first one.
    if (!this.#isPrepared(target, encoding, since)) await share()
  }

  async #prepareChannel(target: T, encoding: StreamEncoding, since: P | undefined): Promise<void> {
    await this.#options.channels.prepare?.(target, since)
    const steps = this.#channelOf(target, encoding).channel.prepareCatchUp?.(since)
    if (steps !== undefined) await runInTurns(steps)
  }

  open(opening: OpenStream<T, P>): void {
    const { response, target, keyId, address } = opening
    if (response.destroyed) return // The client has left, and no further event would tell.
    this.requireRoom({ keyId, address, audience: target.audience })
    if (response.socket !== null) this.#start(opening, response.socket)
    // Behind another response of the connection: the client tries again on its own one.
    else response.once('socket', (socket: Socket) => socket.destroySoon())
  }

  #start(opening: OpenStream<T, P>, socket: Socket): void {
    const { target, encoding, headers, keyId, session, address, since } = opening
    const { channels, elapsed, random, propagation } = this.#options
    const { streamAgeMs = STREAM_AGE_MS } = this.#options
    // Subscribe before the snapshot, in one turn of the event loop, so that no version is missed.
    const watched = this.#channelOf(target, encoding)
    channels.catchUp?.(target, since)
    const sdk = { ...opening.sdk, ...target }
    const endsAt = elapsed() + streamAgeMs * (0.8 + 0.4 * random())
    const counted = { keyId, address, audience: target.audience }
    const stream = { ...counted, session, socket, watched, sdk, endsAt, returns: false }
    this.#counts.add(stream)
    this.#opened += 1
    this.#streams.set(socket, stream)
    propagation?.connected(sdk, since)
    socket.on('close', this.#onClose)
    const head = [streamHead(encoding, headers), encoding.start, encoding.encode(this.#retry())]
    sendTogether(socket, [...head, ...watched.channel.catchUp(since)])
    watched.channel.streams.add(socket)
    // Node keeps the request as long as the connection. A browser sends kilobytes of headers.
    opening.response.req.rawHeaders = []
    opening.response.req.headers = {}
  }

  requireRoom(stream: CountedStream): void {
    if (this.#isClosing) throw problem('SERVER_CLOSING', {})
    this.#counts.requireRoom(stream)
  }

  cut(id: string): void {
    for (const { keyId, session, socket } of this.#streams.values())
      if (keyId === id || session === id) socket.destroy()
  }

  sessions(): ReadonlySet<string> {
    const sessions = new Set<string>()
    for (const { session } of this.#streams.values())
      if (session !== undefined) sessions.add(session)
    return sessions
  }

  endProject(project: string): void {
    for (const stream of this.#streams.values())
      if (stream.sdk.project === project) this.#end(stream)
    for (const [name, watched] of this.#channels)
      if (watched.target.project === project) this.#drop(name, watched)
  }

  close(): void {
    this.#isClosing = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const watched of this.#channels.values()) watched.close()
    this.#channels.clear()
    for (const stream of this.#streams.values()) this.#end(stream)
  }

  /** Names the time over which the clients of broken streams return: few at once, many slowly. */
  #retry(): Buffer {
    const withinMs = Math.max(MIN_RETURN_MS, this.#streams.size / RETURNS_PER_MS)
    return retryFrame(Math.min(withinMs, MAX_RETURN_MS) * (0.5 + this.#options.random() / 2))
  }

  #channelOf(target: T, encoding: StreamEncoding): Watched<T, P> {
    const { channels } = this.#options
    const name = this.#nameOf(target, encoding)
    const known = this.#channels.get(name)
    if (known !== undefined) return known

    const opened = channels.open(target, encoding)
    const watched = { ...opened, target, encoding, idleSince: undefined }
    this.#channels.set(name, watched)
    return watched
  }

  #nameOf(target: T, encoding: StreamEncoding): string {
    return `${encoding.name} ${this.#options.channels.nameOf(target)}`
  }

  #drop(name: string, watched: Watched<T, P>): void {
    watched.close()
    this.#channels.delete(name)
  }

  /** Ends a stream with a hint to reconnect, each client after another delay. */
  #end({ socket, watched: { encoding, channel } }: Stream<T, P>): void {
    if (!socket.writable) return
    channel.streams.delete(socket)
    socket.write(encoding.encode(this.#retry()))
    socket.destroySoon()
  }

  #forget(socket: Socket): void {
    const stream = this.#streams.get(socket)
    if (stream === undefined) return
    this.#streams.delete(socket)
    stream.watched.channel.streams.delete(socket)
    this.#counts.remove(stream)
    this.#options.propagation?.disconnected(stream.sdk, stream.returns)
  }

  #sendHeartbeats(): void {
    this.#dropIdleChannels()
    stepInTurns(this.#heartbeats(this.#confirmWithinMs))
  }

  *#heartbeats(confirmWithinMs: number): Generator<void> {
    for (const { socket, watched } of this.#streams.values()) {
      const { channel } = watched
      if (channel.prepareHeartbeat !== undefined) yield* channel.prepareHeartbeat()
      channel.sendHeartbeat(socket, confirmWithinMs)
      yield
    }
  }

  #dropIdleChannels(): void {
    const now = this.#options.elapsed()
    for (const [name, watched] of this.#channels) {
      if (watched.channel.streams.size > 0) watched.idleSince = undefined
      else watched.idleSince ??= now
      if (now - (watched.idleSince ?? now) > IDLE_CHANNEL_MS) this.#drop(name, watched)
    }
  }

  /** Closes the streams of invalid keys, and ends old streams and those of deleted targets. */
  #sweep(): void {
    const now = this.#options.elapsed()
    for (const keyId of this.#counts.keys) if (!this.#options.isKeyLive(keyId)) this.cut(keyId)
    const channels = [...this.#channels.values()]
    const gone = new Set(channels.filter(({ target }) => !this.#options.targetExists(target)))
    for (const stream of this.#streams.values()) {
      if (stream.endsAt > now && !gone.has(stream.watched)) continue
      stream.returns = !gone.has(stream.watched)
      if (stream.socket.writableEnded) stream.socket.destroy()
      this.#end(stream)
      stream.endsAt = now + LEAVE_WITHIN_MS
    }
  }
}
