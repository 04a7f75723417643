import { connect, type Socket } from 'node:net'

/** A response as it was received, with header names in lower case. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Sends bytes as they are, one request after the other over a connection that it keeps. */
export interface RawConnection {
  /**
   * Resolves with the final response. That of a stream ends with its first event.
   * @throws {Error} if the server closes the connection without a response, or sends none in time
   */
  send(request: Buffer): Promise<RawAnswer>
  close(): void
}

/** Time after which a missing response counts as a hang. */
const HANG_MS = 20_000

export function createRawConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url)
  let socket: Socket | undefined
  const send: RawConnection['send'] = async (request) => {
    const isReused = socket !== undefined && !socket.destroyed
    const used = isReused ? socket! : connect({ port: Number(port), host: hostname, noDelay: true })
    socket = used
    const isHead = request.subarray(0, 5).toString() === 'HEAD '
    const exchanged = await exchange(used, request, isHead)
    // The server may close a connection that was idle, just when the next request is sent.
    if (exchanged === undefined && isReused) return send(request)
    if (exchanged === undefined) throw new Error('The connection was closed without a response.')
    if (exchanged.isLast) used.destroy()
    return exchanged.answer
  }
  return {
    send,
    close: () => socket?.destroy(),
  }
}

/** A response, and whether the connection ends with it. */
interface Exchange {
  readonly answer: RawAnswer
  readonly isLast: boolean
}

/** Resolves with undefined if the connection closes first. */
function exchange(socket: Socket, request: Buffer, isHead: boolean): Promise<Exchange | undefined> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const settle = (ended: boolean) => {
      const found = parse(received, isHead, ended)
      if (found === undefined) return false
      stop()
      resolve(found)
      return true
    }
    const hang = () => {
      stop()
      socket.destroy()
      reject(new Error(`There was no response within ${HANG_MS} ms.`))
    }
    const timer = setTimeout(hang, HANG_MS)
    const onData = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      settle(false)
    }
    const onClose = () => {
      if (settle(true)) return
      stop()
      resolve(undefined)
    }
    // A server that refuses a request may close the connection before it has read all of it.
    const onError = () => undefined
    const stop = () => {
      clearTimeout(timer)
      socket.off('data', onData).off('close', onClose)
    }
    socket.on('data', onData).on('close', onClose).removeAllListeners('error').on('error', onError)
    socket.write(request)
  })
}

const HEAD_END = '\r\n\r\n'

/** Returns undefined while the response is not complete. */
function parse(bytes: Buffer, isHead: boolean, ended: boolean): Exchange | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const [line, ...rest] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(line!.split(' ')[1])
  const content = bytes.subarray(end + HEAD_END.length)
  if (status < 200) return parse(content, isHead, ended)
  const headers = Object.fromEntries(
    rest.map((one) => {
      const at = one.indexOf(':')
      return [one.slice(0, at).toLowerCase(), one.slice(at + 1).trim()]
    }),
  )
  const isStream = headers['content-type']?.startsWith('text/event-stream') ?? false
  const hasBody = !isHead && status !== 204 && status !== 304
  const body = hasBody ? bodyOf(content, headers, isStream || ended) : Buffer.alloc(0)
  if (body === undefined || (isStream && hasBody && body.length === 0 && !ended)) return undefined
  const isLast = isStream || headers.connection === 'close'
  return { answer: { status, headers, body }, isLast }
}

/** @param isPartial returns the bytes received so far, instead of undefined */
function bodyOf(
  content: Buffer,
  headers: Readonly<Record<string, string>>,
  isPartial: boolean,
): Buffer | undefined {
  if (headers['transfer-encoding'] === 'chunked') return unchunk(content, isPartial)
  const length = Number(headers['content-length'] ?? (isPartial ? content.length : Number.NaN))
  return content.length >= length || isPartial ? content.subarray(0, length) : undefined
}

function unchunk(content: Buffer, isPartial: boolean): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = content.indexOf('\r\n', at)
    const size =
      lineEnd < 0 ? Number.NaN : Number.parseInt(content.toString('latin1', at, lineEnd), 16)
    if (size === 0) return Buffer.concat(chunks)
    const from = lineEnd + 2
    if (!(from + size + 2 <= content.length)) return isPartial ? Buffer.concat(chunks) : undefined
    chunks.push(content.subarray(from, from + size))
    at = from + size + 2
  }
}
