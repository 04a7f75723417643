import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Program } from '../server.ts'

/** Requests of one kind to one server. */
export interface Requests {
  readonly program: Program
  /** The request line, such as `GET /livez`. */
  readonly line: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Status that the server has to answer. */
  readonly status: number
}

/**
 * Sends the same request over open connections, the next one as soon as the last is answered.
 * Counts bytes instead of parsing responses, so that one core can ask more than another answers.
 *
 * @returns the number of answered requests
 * @throws {Error} for another status than the expected one
 */
export async function sendRequests(requests: Requests, connections: number, ms: number) {
  const bytes = Buffer.from(textOf(requests))
  const { hostname, port } = new URL(requests.program.url)
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const size = await sizeOfResponse(sockets[0]!, bytes, requests.status)

  let answered = 0
  const send = (socket: Socket) => {
    let received = 0
    socket.on('data', (chunk) => {
      received += chunk.length
      if (received < size) return
      received -= size
      answered += 1
      socket.write(bytes)
    })
    socket.write(bytes)
  }
  sockets.forEach(send)
  await new Promise((resolve) => setTimeout(resolve, ms))
  for (const socket of sockets) socket.destroy()
  return answered
}

function textOf({ program, line, headers = {}, body = '' }: Requests): string {
  const lines = Object.entries({ host: new URL(program.url).host, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const length = body === '' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
  return `${line} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body}`
}

/** Sends one request and returns the bytes of its response, which are the same for every other. */
async function sizeOfResponse(socket: Socket, request: Buffer, status: number): Promise<number> {
  socket.write(request)
  let text = ''
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) continue
    if (!text.startsWith(`HTTP/1.1 ${status} `)) throw new Error(text)
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
    if (text.length === end + 4 + length) return text.length
  }
}
