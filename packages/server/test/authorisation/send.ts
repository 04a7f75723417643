import { Agent, request } from 'node:http'

/** A request of the matrix. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: object | undefined
}

export interface Received {
  readonly status: number
  /** The whole body, or the first bytes of a stream of events. */
  readonly text: string
}

/** Connections that requests share: `fetch` takes several times as long. */
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Sends a request, and reads its response. */
export function send({ method, url, headers, body }: Sent): Promise<Received> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const ofBody = text !== undefined && {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers: { ...headers, ...ofBody } })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const { statusCode: status = 0 } = response
      const isStream = response.headers['content-type']?.startsWith('text/event-stream')
      let read = ''
      response.setEncoding('utf8')
      response.on('end', () => resolve({ status, text: read }))
      response.on('data', (piece: string) => {
        read += piece
        if (!isStream) return
        resolve({ status, text: read })
        sent.destroy()
      })
    })
    sent.end(text)
  })
}
