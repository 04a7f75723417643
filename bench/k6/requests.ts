/** A kind of request that a scenario sends. */
export type Kind = 'evaluateOne' | 'evaluateAll' | 'ruleset' | 'report' | 'write'

/** A request in the form of its server. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** `{id}` stands for an id that no other request has. */
  readonly body?: string
  /** The expected status of the response. */
  readonly status: number
}

/** The requests of each kind that a server has, which a scenario sends in turn. */
export type Requests = Readonly<Partial<Record<Kind, readonly Request[]>>>

/** A server under load. */
export interface Target {
  readonly name: string
  /** Returns the CPU time of the server and its database so far, s. */
  cpuSeconds(): number
  readonly requests: Requests
  stop(): Promise<void>
}

/** A server whose streams receive the changes. */
export interface StreamingTarget extends Target {
  readonly stream: Pick<Request, 'url' | 'headers'>
  /** Reads the times of the latest changes, epoch ms, by version. */
  changes(): Promise<ReadonlyMap<number, number>>
}
