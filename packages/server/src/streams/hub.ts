import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Audience } from '@flaghoist/core/model'
import type { Cursor } from '../rulesets/cursor.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { CountedStream } from './stream-counts.ts'
import type { StreamEncoding } from './stream-encoding.ts'
import type { Headers } from './stream-head.ts'

/** The identity that an SDK sends when it connects or reports. */
export interface SdkIdentity {
  /** Random id of one SDK object. */
  readonly id: string
  /** `@flaghoist/node/0.1.0` */
  readonly name: string
}

/** The subject of a stream. */
export interface StreamTarget {
  readonly project: string
  /** Kind of the client, which decides the limits of its streams. */
  readonly audience: Audience
}

/** A request for a stream of a target, by a client at a position. */
export interface OpenStream<T extends StreamTarget = RulesetTarget, P = Cursor> {
  /** The response to take over; nothing was written to it yet. */
  readonly response: ServerResponse
  /** Headers besides those of every stream. */
  readonly headers?: Headers | undefined
  readonly target: T
  readonly encoding: StreamEncoding
  readonly keyId: string
  /** Session of the client; undefined for a request with the key itself. */
  readonly session?: string | undefined
  /** Address of the client; required for a client key, which is limited by address. */
  readonly address: string | undefined
  readonly sdk: SdkIdentity
  /** Position of the client, such as its cursor in the project's log; undefined without one. */
  readonly since: P | undefined
}

/** The streams of one target and encoding. */
export interface StreamChannel<P = Cursor> {
  readonly streams: Set<Socket>
  /** Prepares the next heartbeat, in small steps. */
  prepareHeartbeat?(): Generator<void>
  /** Prepares `catchUp` in small steps; returns undefined if nothing is left to prepare. */
  prepareCatchUp?(since: P | undefined): Generator<void> | undefined
  /**
   * Sends a stream a heartbeat.
   * @param confirmWithinMs time over which the clients of all streams spread their confirmations
   */
  sendHeartbeat(stream: Socket, confirmWithinMs: number): void
  /** Returns the first frames of a new stream: the updates after its position, or a snapshot. */
  catchUp(since: P | undefined): readonly Buffer[]
}

/** A channel that receives updates until it is closed. */
export interface OpenChannel<P = Cursor> {
  readonly channel: StreamChannel<P>
  close(): void
}

/** The channels of a hub. */
export interface ChannelSource<T extends StreamTarget = RulesetTarget, P = Cursor> {
  /** Returns the name that tells a target from others. */
  nameOf(target: T): string
  /**
   * Prepares `open` and `catchUp` in turns of the event loop that are short; returns undefined if
   * they are.
   */
  prepare?(target: T, since: P | undefined): Promise<void> | undefined
  open(target: T, encoding: StreamEncoding): OpenChannel<P>
  /** Brings the channel of a target up to the position of a client. */
  catchUp?(target: T, since: P | undefined): void
}

/** The open streams of this process. */
export interface StreamHub<T extends StreamTarget = RulesetTarget, P = Cursor> {
  /**
   * Prepares the first events of a stream in turns of the event loop that are short, so that `open`
   * takes a short one too. Returns undefined if nothing is left to prepare.
   */
  prepare(target: T, encoding: StreamEncoding, since: P | undefined): Promise<void> | undefined
  /**
   * Takes over a response until either side ends it. Sends the missed updates, then one event per
   * version.
   * @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING`
   */
  open(stream: OpenStream<T, P>): void
  /** @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING` if a stream cannot be opened now */
  requireRoom(stream: CountedStream): void
  /** Closes the streams of a key or a session at once. */
  cut(id: string): void
  /** Returns the ids of the sessions that have open streams. */
  sessions(): ReadonlySet<string>
  /**
   * Ends the streams of a deleted project, as {@link close} does, and frees the buffers of its
   * targets.
   */
  endProject(project: string): void
  /** Number of open streams. */
  readonly size: number
  /** Number of streams that were opened since the start. */
  readonly opened: number
  /** Ends every stream with a hint when to reconnect, and refuses new ones. */
  close(): void
}
