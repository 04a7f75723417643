import type http from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { constants, createGunzip, gzip } from 'node:zlib'
import type { HttpHandlers, HttpRequest, Platform } from '@flaghoist/client'
import { routeTo } from './route.ts'

/** Shortest body that is worth compressing, in characters. */
const MIN_GZIP_CHARACTERS = 1_024

/**
 * Creates a function that sends requests, with long bodies compressed.
 * @param agent agent of the app, in place of a direct connection or the proxy of the environment
 */
export function createSend(agent: http.Agent | undefined): Platform['request'] {
  return (request, on) => {
    const { body = '', headers } = request
    if (body.length < MIN_GZIP_CHARACTERS) return sendBytes(request, body, on, agent)
    let isOver = false
    let abort = () => {
      isOver = true
    }
    gzip(body, (error, bytes) => {
      if (isOver) return
      if (error) return on.onEnd(error)
      const zipped = { ...request, headers: { ...headers, 'content-encoding': 'gzip' } }
      abort = sendBytes(zipped, bytes, on, agent)
    })
    return () => abort()
  }
}

function sendBytes(
  { method, url, headers }: HttpRequest,
  body: string | Buffer,
  on: HttpHandlers,
  agent: http.Agent | undefined,
): () => void {
  let isOver = false
  const end = (error?: Error) => {
    if (isOver) return
    isOver = true
    on.onEnd(error)
  }
  const fail = (error: unknown) => end(error instanceof Error ? error : new Error(String(error)))

  let request: http.ClientRequest
  try {
    const route = routeTo(new URL(url), agent)
    request = route.request({
      ...route.options,
      method,
      headers: {
        'accept-encoding': 'gzip',
        ...headers,
        ...(body.length > 0 && { 'content-length': Buffer.byteLength(body) }),
        ...route.headers,
      },
    })
  } catch (error) {
    // A URL that Node.js refuses is reported like every other error, after this call has returned.
    queueMicrotask(() => fail(error))
    return () => {
      isOver = true
    }
  }

  request.on('socket', (socket) => socket.unref())
  request.on('error', fail)
  let hasResponse = false
  request.on('close', () => {
    // A switch of protocols closes the socket without an error or a response.
    if (!hasResponse) fail('the connection was cut')
  })
  request.on('response', (response) => {
    hasResponse = true
    const content = contentOf(response)
    content.setEncoding('utf8')
    content.on('data', (text: string) => {
      if (!isOver) on.onText(text)
    })
    content.on('end', () => end())
    content.on('error', fail)
    content.on('close', () => fail('the connection was cut'))
    if (isOver) return
    on.onHead(response.statusCode ?? 0, (name) => {
      const value = response.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    })
  })
  request.end(body)

  return () => {
    isOver = true
    request.destroy()
  }
}

/**
 * Returns the content of a response, decompressed. Of a stream, each part is passed on at once, and
 * the end of its gzip member is missing: all streams of a target share their bytes.
 */
function contentOf(response: http.IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response
  const gunzip = createGunzip({
    flush: constants.Z_SYNC_FLUSH,
    finishFlush: constants.Z_SYNC_FLUSH,
  })
  // An error of the response destroys the content with the same error.
  return pipeline(response, gunzip, () => undefined)
}
