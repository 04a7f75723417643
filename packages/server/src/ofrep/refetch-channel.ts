import type { ServerResponse } from 'node:http'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { broadcast } from '../streams/channel.ts'
import { cursorText } from '../streams/frames.ts'
import type { StreamChannel } from '../streams/hub.ts'

export interface RefetchChannelOptions {
  /** Unsent bytes at which a socket is given up. */
  readonly bufferBytes: number
  /** Makes the id of an event, which a client shows when it comes back. */
  readonly resume: () => string
}

const HEARTBEAT = Buffer.from(':\n\n')

/** The event streams of one address: they say when to evaluate again, and nothing else. */
export class RefetchChannel implements StreamChannel {
  readonly streams = new Set<ServerResponse>()
  readonly #options: RefetchChannelOptions
  #published: PublishedRuleset

  constructor(published: PublishedRuleset, options: RefetchChannelOptions) {
    this.#published = published
    this.#options = options
  }

  publish({ patch, published }: RulesetUpdate): void {
    this.#published = published
    if (patch === undefined || !isEmpty(patch.flags) || !isEmpty(patch.segments))
      broadcast(this.streams, this.#refetchFrame(), this.#options.bufferBytes)
  }

  beat(): void {
    broadcast(this.streams, HEARTBEAT, this.#options.bufferBytes)
  }

  /**
   * Whoever connects evaluates again: what changed while it was away, or between its evaluation and the stream,
   * was told to nobody, and the web provider does not ask by itself.
   */
  catchUp(stream: ServerResponse): void {
    stream.write(this.#refetchFrame())
  }

  /** Without a name, because only unnamed events reach `onmessage`. */
  #refetchFrame(): Buffer {
    const data = { type: 'refetchEvaluation', etag: cursorText(this.#published.ruleset) }
    return Buffer.from(`id: ${this.#options.resume()}\ndata: ${JSON.stringify(data)}\n\n`)
  }
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0
}
