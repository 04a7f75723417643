import type { Audience } from '@flaghoist/core/model'
import { problem } from '../errors.ts'

/** A stream, as far as the limits of open streams are concerned. */
export interface CountedStream {
  readonly keyId: string
  readonly audience: Audience
  /** Address of the client; required for a client key. */
  readonly address: string | undefined
}

export interface StreamLimits {
  /** Open streams of a server key. */
  readonly perKey: number
  /** Open streams of a client key, from all addresses. */
  readonly perClientKey: number
  /** Open streams of a client key from one address. */
  readonly perAddress: number
}

/**
 * The numbers of open streams. A client key is public, so it is limited by address as well: a
 * stranger cannot take the streams of other users.
 */
export class StreamCounts {
  readonly #limits: StreamLimits
  readonly #places = new Map<string, number>()
  readonly #keys = new Map<string, number>()

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  /** Ids of the keys that have open streams. */
  get keys(): Iterable<string> {
    return this.#keys.keys()
  }

  /** @throws {FlaghoistError} `STREAM_LIMIT` if another stream would exceed a limit */
  requireRoom(stream: CountedStream): void {
    const { perKey, perClientKey, perAddress } = this.#limits
    const isClient = stream.audience === 'client'
    requireLess(this.#keys, stream.keyId, isClient ? perClientKey : perKey)
    if (isClient) requireLess(this.#places, placeOf(stream), perAddress)
  }

  add(stream: CountedStream): void {
    this.#move(stream, 1)
  }

  remove(stream: CountedStream): void {
    this.#move(stream, -1)
  }

  #move(stream: CountedStream, by: number): void {
    move(this.#keys, stream.keyId, by)
    if (stream.audience === 'client') move(this.#places, placeOf(stream), by)
  }
}

const placeOf = ({ keyId, address }: CountedStream) => `${keyId} ${address}`

function requireLess(counts: ReadonlyMap<string, number>, name: string, max: number): void {
  const count = counts.get(name) ?? 0
  if (count >= max) throw problem('STREAM_LIMIT', { count })
}

function move(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}
