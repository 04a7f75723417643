import type { ClientOptions } from './options.ts'
import type { HttpRequest } from './platform.ts'

/** Makes the requests of one client: to its server, with its key and scope. */
export function createRequests(
  { url, key, environment, instance }: ClientOptions,
  sdk: string,
  clientId: string,
): (path: string) => HttpRequest {
  const base = url.replace(/\/+$/, '')
  const headers = {
    authorization: `Bearer ${key}`,
    'flaghoist-sdk': sdk,
    'flaghoist-sdk-id': clientId,
  }
  const scope = [
    environment === undefined ? '' : `scope=${environment}`,
    instance === undefined ? '' : `instance=${instance}`,
  ]

  return (path) => {
    const [route = '', query = ''] = path.split('?')
    const search = [...scope, query].filter(Boolean).join('&')
    return { method: 'GET', url: base + route + (search && `?${search}`), headers }
  }
}
