/** What the operator sets; read from the environment once, at start. */
export interface Config {
  readonly host: string
  readonly port: number
  /** Folder of the embedded store; `:memory:` keeps nothing. */
  readonly dataDir: string
  /** Project that the first start makes. */
  readonly project: string
  /** First admin key; made and printed once when it is missing. */
  readonly adminKey: string | undefined
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'
  readonly heartbeatMs: number
  /** A stream whose socket holds more unsent bytes than this is cut. */
  readonly streamBufferBytes: number
  /** Origins that browsers may call client routes from; `*` is any. */
  readonly corsOrigins: readonly string[]
  /** Requests a minute and key before 429; 0 is no limit. */
  readonly rateLimit: number
  /** How long a shutdown waits for requests in flight. */
  readonly shutdownMs: number
  /** URL that the outside reaches this server by, for links in answers. */
  readonly publicUrl: string | undefined
}
