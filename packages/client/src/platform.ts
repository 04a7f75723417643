/**
 * What a client needs of the world around it. Each SDK brings one; nothing else in this package touches a
 * network, a clock or a disk.
 */
export interface Platform {
  /** Name and version of the SDK: `@flaghoist/node/0.1.0`. */
  readonly sdk: string
  /** Starts a request, gives a function that aborts it. Never throws, and calls no handler before it has returned. */
  request(request: HttpRequest, on: HttpHandlers): () => void
  /** Where the last known good ruleset is kept. */
  readonly cache?: Cache | undefined
  /** Wall clock, epoch ms. */
  now(): number
  /** Monotonic clock, ms. */
  elapsed(): number
  /** Uniform in [0, 1). */
  random(): number
  /**
   * Runs something later; gives a function that cancels. A timer does not keep the process alive, unless somebody is
   * waiting for it (`isAwaited`).
   */
  schedule(ms: number, run: () => void, isAwaited?: boolean): () => void
  /**
   * Tells when nobody is there, so that nothing needs to be kept current, and when somebody comes back, or the network; at once if
   * nobody is there now. Gives a function that stops telling.
   */
  onActivity?(listener: (isActive: boolean) => void): () => void
  /**
   * Runs something before the process or page ends, while a last request is possible; gives a function that cancels. Says `isLast` where
   * nothing is waited for any more.
   */
  beforeExit?(run: (isLast?: boolean) => void): () => void
  /** Tells the developer of something that they will want to mend; called once for each cause. */
  warn(message: string): void
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** What is told of a request: a head, text, and exactly one end; nothing once it was aborted. */
export interface HttpHandlers {
  /** Status and headers have come. Redirects were followed within the origin, or not at all: the key in the headers is for nobody else. */
  onHead(status: number, header: (name: string) => string | undefined): void
  /** Part of the body, decoded from UTF-8. */
  onText(text: string): void
  /** The response ended, or could not be had. */
  onEnd(error?: Error): void
}

/** Keeps one text. Reads at once, so that the first question is answered from it. */
export interface Cache {
  read(): string | undefined
  /** Replaces the text, all of it or not at all. */
  write(text: string): Promise<void>
}
