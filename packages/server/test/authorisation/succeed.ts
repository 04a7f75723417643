import type { Answer } from '../http-server.ts'

/** Returns the body of a successful response, and throws for any other. */
export function succeed<T>({ status, body }: Answer<T>): T {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
