import type { Socket } from 'node:net'
import { cursorText } from '../rulesets/cursor.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import type { RulesetChannel } from '../streams/ruleset-channels.ts'
import { broadcast, send } from '../streams/stream-socket.ts'

export interface RefetchChannelOptions {
  /** Unsent bytes at which a socket is closed. */
  readonly bufferBytes: number
  /** Creates the id of an event, which a client sends when it reconnects. */
  readonly resume: () => string
}

const HEARTBEAT = Buffer.from(':\n\n')

/** The event streams of one target. They announce when to evaluate again, and nothing else. */
export class RefetchChannel implements RulesetChannel {
  readonly streams = new Set<Socket>()
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

  sendHeartbeat(stream: Socket): void {
    send(stream, HEARTBEAT, this.#options.bufferBytes)
  }

  /**
   * Makes every new stream evaluate again. A change while the client was disconnected, or between
   * its evaluation and its stream, was not announced, and the web provider does not poll.
   */
  catchUp(): readonly Buffer[] {
    return [this.#refetchFrame()]
  }

  /** An event without a name, because only those reach `onmessage`. */
  #refetchFrame(): Buffer {
    const data = { type: 'refetchEvaluation', etag: cursorText(this.#published.ruleset) }
    return Buffer.from(`id: ${this.#options.resume()}\ndata: ${JSON.stringify(data)}\n\n`)
  }
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0
}
