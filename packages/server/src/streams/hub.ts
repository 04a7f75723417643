import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Cursor } from '../rulesets/cursor.ts'
import type { RulesetTarget, RulesetUpdate } from '../rulesets/rulesets.ts'
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

/** A request for a stream. */
export interface OpenStream {
  /** The response to take over; nothing was written to it yet. */
  readonly response: ServerResponse
  /** Headers besides those of every stream. */
  readonly headers?: Headers | undefined
  readonly target: RulesetTarget
  readonly encoding: StreamEncoding
  readonly keyId: string
  /** Address of the client; required for a client key, which is limited by address. */
  readonly address: string | undefined
  readonly sdk: SdkIdentity
  /** Cursor of the client in the project's log; undefined without one. */
  readonly since: Cursor | undefined
}

/** The streams of one target and encoding. */
export interface StreamChannel {
  readonly streams: Set<Socket>
  /** Sends an update to every stream. */
  publish(update: RulesetUpdate): void
  /**
   * Sends a stream a heartbeat.
   * @param confirmWithinMs time over which the clients of all streams spread their confirmations
   */
  sendHeartbeat(stream: Socket, confirmWithinMs: number): void
  /** Sends a new stream the updates after its cursor, or a snapshot. */
  catchUp(stream: Socket, since: Cursor | undefined): void
}

/** The open streams of this process. */
export interface StreamHub {
  /**
   * Takes over a response until either side ends it. Sends the missed updates, then one event per
   * version.
   * @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING`
   */
  open(stream: OpenStream): void
  /** @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING` if a stream cannot be opened now */
  requireRoom(stream: CountedStream): void
  /** Closes the streams of a key at once. */
  cut(keyId: string): void
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
