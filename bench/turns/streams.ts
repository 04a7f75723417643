import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'

/** Opens a stream of each scope, so that writes are published. They end with the program. */
export async function openStreams(
  url: string,
  key: string,
  scopes: readonly string[],
): Promise<void> {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const headers = { authorization: `Bearer ${key}` }
  for (const scope of scopes) {
    const request = get(`${url}/sdk/v1/stream?scope=${scope}`, { agent, headers })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new Error(`A stream responded ${response.statusCode}.`)
    // The end of the program is the end of the stream.
    response.on('error', () => undefined).resume()
  }
}
