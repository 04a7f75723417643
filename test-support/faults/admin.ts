export const ADMIN_KEY = 'fh_admin_for-faults-only-000000000'
export const PROJECT = '/api/v1/projects/default'
export const FLAG = 'new-checkout'
export const LAYER = `flags/${FLAG}/layers/production`

/** Sends a request to the admin API, and fails unless it succeeds. */
export async function ask<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(40_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`)
  return JSON.parse(text)
}
