import { BASE_PATH, bodyOf } from '../api/client.ts'

/** A session: what a key may do from this browser until it expires. */
export interface Session {
  /** Key that signed in. */
  readonly principal: {
    readonly id: string
    readonly name: string
    readonly project?: string
    readonly scope?: string
  }
  /** Name that stands in the change log beside that of the key. */
  readonly name?: string
  /** Token for requests that change something. */
  readonly csrf: string
  readonly expiresAt: string
}

const URL_OF_SESSION = `${BASE_PATH}/api/v1/session`

export const readSession = (): Promise<Session> => request({})

export const openSession = (key: string, name: string): Promise<Session> =>
  request({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key, ...(name && { name }) }),
  })

export async function endSession(): Promise<void> {
  await request({ method: 'DELETE' })
}

async function request(init: RequestInit): Promise<Session> {
  const response = await fetch(URL_OF_SESSION, { credentials: 'same-origin', ...init })
  const body = await response.json().catch(() => undefined)
  return bodyOf(Promise.resolve(response.ok ? { data: body, response } : { error: body, response }))
}
