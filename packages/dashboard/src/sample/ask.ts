/**
 * Sends a request to the admin API of the sample project, with a path such as `flags`. Returns its
 * body, and throws if the server refuses it.
 */
export type Ask = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
) => Promise<unknown>
