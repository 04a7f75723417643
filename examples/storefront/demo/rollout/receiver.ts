import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A message of the server, as far as the demo reads it. */
export interface Message {
  readonly type: string
  readonly data: { readonly what: string; readonly todo: string }
}

/** Receives the messages of a subscription, as a chat would. */
export async function startReceiver() {
  const messages: Message[] = []
  const server = createServer(async (request, response) => {
    messages.push((await json(request)) as Message)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    messages,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`,
    stop: () => server.close(),
  }
}
