/**
 * Sends a request to the admin API of the sample project, with a path such as `flags`. Returns the
 * body of the response, and throws if the server refuses the request.
 */
export type Ask = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
) => Promise<unknown>

/** The senders of the requests that fill the sample project. */
export interface Senders {
  /** Returns the requests of a person of the sample, such as `Ada`. */
  person(name: string): Ask
  /** Returns requests to the SDK API, with a path such as `ruleset`. */
  sdk(key: string): Ask
}
