import { onTestFinished } from 'vitest'
import { startShopServer } from './http-server.ts'
import { startTestRelay } from './relay-server.ts'
import { openStreamClient } from './stream-client.ts'

/** A shop and a relay of it, with a server key of production and a client key of acme. */
export async function openRelayedShop(
  settings: Readonly<Record<string, string>> = {},
  settingsOfServer: Readonly<Record<string, string>> = {},
) {
  const server = await startShopServer(settingsOfServer)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const key = await server.makeKey('server', 'production')
  const acme = await server.makeKey('client', 'production/acme')
  const relay = await startRelayOf(server.url, [key, acme], settings)
  return { server, relay, key, acme }
}

/** Starts a relay that is closed at the end of the test. */
export async function startRelayOf(...of: Parameters<typeof startTestRelay>) {
  const relay = await startTestRelay(...of)
  onTestFinished(() => relay[Symbol.asyncDispose]())
  return relay
}

/** Opens a stream that is closed at the end of the test. */
export async function openStream(...of: Parameters<typeof openStreamClient>) {
  const stream = await openStreamClient(...of)
  onTestFinished(() => stream.close())
  return stream
}

const authorization = (key: string) => ({ authorization: `Bearer ${key}` })

export const get = (url: string, key: string, path = '/sdk/v1/ruleset') =>
  fetch(url + path, { headers: authorization(key) })

export const post = (url: string, key: string, path: string, body: object) =>
  fetch(url + path, {
    method: 'POST',
    headers: { ...authorization(key), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

export const json = async <T>(answer: Response) => (await answer.json()) as T
