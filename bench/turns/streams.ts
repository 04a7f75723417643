import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { FlaghoistServer } from '../server.ts'

/** Opens a stream of each scope, so that writes are published. They end with the server. */
export async function openStreams(
  server: FlaghoistServer,
  scopes: readonly string[],
): Promise<void> {
  const { secret } = await server.ask<{ secret: string }>('POST', 'keys', {
    name: 'bench',
    kind: 'server',
  })
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const headers = { authorization: `Bearer ${secret}` }
  for (const scope of scopes) {
    const request = get(`${server.url}/sdk/v1/stream?scope=${scope}`, { agent, headers })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new Error(`A stream responded ${response.statusCode}.`)
    // The end of the server is the end of the stream.
    response.on('error', () => undefined).resume()
  }
}
