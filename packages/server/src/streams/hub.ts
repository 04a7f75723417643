import type { ServerResponse } from 'node:http'
import type { Address, RulesetUpdate } from '../rulesets/rulesets.ts'
import type { Cursor } from './frames.ts'

/** What an SDK says of itself when it connects or reports. */
export interface SdkIdentity {
  /** Random id of one SDK object, made at its creation. */
  readonly id: string
  /** `@flaghoist/node/0.1.0` */
  readonly name: string
}

export interface OpenStream {
  /** A response that nothing was written to. */
  readonly response: ServerResponse
  readonly address: Address
  readonly keyId: string
  readonly sdk: SdkIdentity
  /** What the client holds. */
  readonly since: Cursor | undefined
}

/** The streams of one address, and what they are sent. */
export interface StreamChannel {
  readonly streams: Set<ServerResponse>
  /** Sends an update to everybody. */
  publish(update: RulesetUpdate): void
  /** Sends everybody a sign of life. */
  beat(): void
  /** Sends a stream that was opened what it needs first. */
  catchUp(stream: ServerResponse, since: Cursor | undefined): void
}

/** Every open SDK stream, and what each is sent. */
export interface StreamHub {
  /**
   * Takes a response over until either side ends it: first what the client lacks, then one event for each version.
   * @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING`
   */
  open(stream: OpenStream): void
  /** Ends the streams of a key that is no longer valid. */
  cut(keyId: string): void
  /** Number of open streams. */
  readonly size: number
  /** Ends every stream with a hint when to come back, and takes no new one. */
  close(): void
}
