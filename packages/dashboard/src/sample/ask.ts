/**
 * Sends a request to the admin API of the sample project, with a path such as `flags`. Returns the
 * body of the response, and throws if the server refuses the request.
 */
export type Ask = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
) => Promise<unknown>
