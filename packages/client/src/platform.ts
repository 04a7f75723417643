/**
 * The environment of a client: network, clocks, timers, cache. Each SDK implements one, and nothing
 * else in this package touches a network, a clock or a disk.
 */
export interface Platform {
  /** Name and version of the SDK: `@flaghoist/node/0.1.0`. */
  readonly sdk: string
  /**
   * Starts a request; returns a function that aborts it. Never throws, and returns before any
   * handler is called.
   */
  request(request: HttpRequest, on: HttpHandlers): () => void
  /**
   * Parses rulesets and changes of them. May take several turns of the event loop, but passes the
   * results on in order. Without this member, a text is parsed at once.
   * @param onParsed receives a function that returns the value of the JSON, or throws
   */
  parse?(text: string, onParsed: (result: () => unknown) => void): void
  /** Storage of the last valid ruleset. */
  readonly cache?: Cache | undefined
  /** Wall clock, epoch ms. */
  now(): number
  /** Monotonic clock, ms. */
  elapsed(): number
  /** Uniform in [0, 1). */
  random(): number
  /**
   * Runs a function later; returns a function that cancels it. A timer does not keep the process
   * alive, unless a caller awaits it (`isAwaited`).
   */
  schedule(ms: number, run: () => void, isAwaited?: boolean): () => void
  /**
   * Calls back with false when the page is hidden and needs no updates, and with true when it is
   * visible or resumed again or the network returns; at once if it is hidden now. Returns a
   * function that removes the listener.
   */
  onActivity?(listener: (isActive: boolean) => void): () => void
  /**
   * Runs a function before the process or page ends, while a last request is possible; returns a
   * function that removes it.
   *
   * `isLast`: the environment waits for nothing after that. `isEnd`: the process or page does end,
   * and is not only hidden.
   */
  beforeExit?(run: (isLast: boolean, isEnd: boolean) => void): () => void
  /** Shows the developer a warning; called once per cause. */
  warn(message: string): void
}

/** A request as the client builds it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** Handlers of a request: a head, text, and exactly one end. None is called after an abort. */
export interface HttpHandlers {
  /**
   * Receives status and headers. Redirects are followed within the origin or not at all, because
   * the headers hold the key.
   */
  onHead(status: number, header: (name: string) => string | undefined): void
  /** Receives a part of the body, decoded from UTF-8. */
  onText(text: string): void
  /** Receives the end of the response, or the error that prevented it. */
  onEnd(error?: Error): void
}

/** Storage of one text. Reads synchronously, so that the first evaluation can use it. */
export interface Cache {
  /** Returns the text; undefined if none is stored. */
  read(): string | undefined
  /** Replaces the text atomically. */
  write(text: string): Promise<void>
}
