import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { freePort } from '../../../test-support/free-port.ts'

/** A request as it came, and the socket to answer it with, well or badly. */
export interface Incoming {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly socket: Socket
}

/** Answers the n-th request (from 0) for a ruleset or a stream. */
export type Script = (request: Incoming, n: number) => void

/** A server on a real socket that follows a script. */
export interface FaultyServer {
  readonly url: string
  /** Requests for a ruleset or a stream, in order. */
  readonly asked: readonly Incoming[]
  /** Bodies of reports. */
  readonly reports: readonly { held?: { version: number }; batch?: Batch }[]
  /** Most requests for a ruleset or a stream that were open at the same time. */
  readonly mostOpen: number
  /** Number that is open now. */
  readonly openNow: number
  answer(script: Script): void
  answerReports(status: number): void
  /** Refuses new connections and cuts the old ones. */
  stop(): Promise<void>
  /** Listens again, on the same port. */
  restart(): Promise<void>
}

export interface Batch {
  readonly id: string
  readonly exposures: readonly { flag: string; variant: string; arm?: string; count: number }[]
}

export async function startFaultyServer(first: Script): Promise<FaultyServer> {
  const asked: Incoming[] = []
  const reports: { held?: { version: number }; batch?: Batch }[] = []
  const sockets = new Set<Socket>()
  const open = new Set<Socket>()
  let script = first
  let reportStatus = 202
  let mostOpen = 0

  const take = (request: Incoming) => {
    if (request.path.startsWith('/sdk/v1/events')) {
      reports.push(JSON.parse(request.body))
      reply(request, reportStatus, '{"accepted":0,"dropped":0}')
      return
    }
    open.add(request.socket)
    mostOpen = Math.max(mostOpen, open.size)
    request.socket.once('close', () => open.delete(request.socket))
    asked.push(request)
    script(request, asked.length - 1)
    if (request.socket.writableEnded) open.delete(request.socket)
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // The client cut it, as it should.
    readRequests(socket, take)
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const port = await freePort()
  await listen(port)

  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    reports,
    get mostOpen() {
      return mostOpen
    },
    get openNow() {
      return open.size
    },
    answer: (next) => {
      script = next
    },
    answerReports: (status) => {
      reportStatus = status
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    restart: () => listen(port),
  }
}

/** A whole answer; the connection is closed after it, so that an open socket is an open request. */
export function reply(
  { socket }: Incoming,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const all = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headers,
  }
  socket.end(`${head(status, all)}${body}`)
}

/** Opens an event stream with some events; the socket stays open. */
export function stream({ socket }: Incoming, ...frames: readonly string[]): void {
  const headers = { 'content-type': 'text/event-stream', connection: 'close' }
  socket.write(head(200, headers) + frames.join(''))
}

export function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function head(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`
}

function readRequests(socket: Socket, take: (request: Incoming) => void): void {
  let pending = ''
  socket.setEncoding('latin1') // A character for each byte.
  socket.on('data', (text: string) => {
    pending += text
    for (;;) {
      const end = pending.indexOf('\r\n\r\n')
      if (end < 0) return
      const [first = '', ...lines] = pending.slice(0, end).split('\r\n')
      const headers = Object.fromEntries(
        lines.map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
      )
      const length = Number(headers['content-length'] ?? 0)
      const bytes = Buffer.from(pending.slice(end + 4, end + 4 + length), 'latin1')
      if (bytes.length < length) return
      const isZipped = headers['content-encoding'] === 'gzip'
      const body = String(isZipped ? gunzipSync(bytes) : bytes)
      pending = pending.slice(end + 4 + length)
      const [method = '', path = ''] = first.split(' ')
      take({ method, path, headers, body, socket })
    }
  })
}
