import type { Ask } from '../src/sample/ask.ts'

interface Address {
  readonly url: string
  readonly key: string
  /** Path that the paths of requests continue, such as `/sdk/v1`. */
  readonly base: string
}

/** Returns a function that sends requests, and throws the words of the server if one fails. */
export function createAsk({ url, key, base }: Address): Ask {
  return async (method, path, body) => {
    const target = `${base}/${path}`
    const response = await fetch(url + target, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (response.ok) return response.json()
    const { detail, hint } = (await response.json()) as { detail: string; hint: string }
    throw new Error(`${method} ${target}: ${detail} ${hint}`)
  }
}
