import type { ClientOptions } from './options.ts'
import type { HttpRequest } from './platform.ts'

/** Builds a GET request to a path of the server. */
export type ApiRequests = (path: string, query?: string) => HttpRequest

/** Returns a builder of requests to one server, with the key and the scope of one client. */
export function createApiRequests(
  { url, key, environment, instance }: ClientOptions,
  sdk: string,
  clientId: string,
): ApiRequests {
  const headers = {
    authorization: `Bearer ${key}`,
    'flaghoist-sdk': sdk,
    'flaghoist-sdk-id': clientId,
  }
  const scope = [environment && `scope=${environment}`, instance && `instance=${instance}`]
  return (path, query) => {
    const search = [...scope, query].filter(Boolean).join('&')
    return {
      method: 'GET',
      url: url.replace(/\/+$/, '') + path + (search && `?${search}`),
      headers,
    }
  }
}
