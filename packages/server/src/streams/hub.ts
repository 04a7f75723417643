import type { ServerResponse } from 'node:http'
import type { Address } from '../rulesets/rulesets.ts'

/** What an SDK says of itself when it connects or reports. */
export interface SdkIdentity {
  /** Random id of one SDK object, made at its creation. */
  readonly id: string
  /** `@flaghoist/node/0.1.0` */
  readonly name: string
}

export interface Held {
  readonly epoch: string
  readonly version: number
}

export interface ConnectedSdk {
  readonly id: string
  readonly name: string
  readonly scope: string
  readonly audience: Address['audience']
  /** Epoch ms. */
  readonly connectedAt: number
  /** Undefined while it is connected. */
  readonly offlineSince: number | undefined
  /** What it last said that it holds. */
  readonly held: Held | undefined
}

/** Of the SDKs that a version is for: which hold it, and how long that took. */
export interface Propagation {
  readonly version: number
  readonly connected: number
  readonly confirmed: number
  /** ms from the commit to the SDK's confirmation; undefined while nobody has confirmed. */
  readonly p50Ms: number | undefined
  readonly maxMs: number | undefined
  readonly sdks: readonly (ConnectedSdk & { readonly confirmedAfterMs: number | undefined })[]
}

/** Every open SDK stream: who is connected, who holds what, and what each is sent. */
export interface StreamHub {
  /** Takes over a hijacked response and keeps it until either side ends. `since` is the client's cursor. */
  open(request: OpenStream): void
  /** An SDK reports what it holds. */
  report(
    project: string,
    sdk: SdkIdentity & { scope: string; audience: Address['audience'] },
    held: Held,
  ): void
  propagation(project: string, version: number, within?: string): Propagation
  /** Number of open streams. */
  readonly size: number
  /** Ends every stream with a `retry:` hint, and takes no new one. */
  close(): void
}

export interface OpenStream {
  readonly response: ServerResponse
  readonly address: Address
  readonly keyId: string
  readonly sdk: SdkIdentity
  readonly since: Held | undefined
}
