import http from 'node:http'
import https from 'node:https'
import { gzip } from 'node:zlib'
import type { Cache, HttpHandlers, HttpRequest, Platform } from '@flaghoist/client'
import { followRedirects } from './redirects.ts'
import { SDK } from './version.ts'

/**
 * Creates the platform of Node.js: clocks, timers and sockets that keep no process alive unless
 * awaited.
 */
export function nodePlatform(cache: Cache | undefined): Platform {
  return {
    sdk: SDK,
    cache,
    request: followRedirects(send),
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    schedule(ms, run, isAwaited = false) {
      const timer = setTimeout(run, ms)
      // Timers of jsdom are numbers.
      if (!isAwaited) (timer as Partial<NodeJS.Timeout>).unref?.()
      return () => clearTimeout(timer)
    },
    beforeExit(run) {
      if (leaving.size === 0) process.on('beforeExit', leave)
      leaving.add(run)
      if (leaving.size === MANY_CLIENTS) warn(TOO_MANY)
      return () => {
        leaving.delete(run)
        if (leaving.size === 0) process.off('beforeExit', leave)
      }
    },
    warn,
  }
}

const MANY_CLIENTS = 10
const TOO_MANY = `This process has ${MANY_CLIENTS} open Flaghoist clients, each with its own connection. Call createFlags once per process, not per request.`

function warn(message: string): void {
  process.emitWarning(message, 'FlaghoistWarning')
}

// One listener for all clients, because Node.js warns of an eleventh.
const leaving = new Set<() => void>()

function leave(): void {
  for (const run of leaving) run()
}

// The SDK has its own agents, because requests of the app must never get an unref'd socket.
const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true }),
}

/** Shortest body that is worth compressing, in characters. */
const MIN_GZIP_CHARACTERS = 1_024

/** Sends a request, with a long body compressed. */
function send(request: HttpRequest, on: HttpHandlers): () => void {
  const { body = '', headers } = request
  if (body.length < MIN_GZIP_CHARACTERS) return sendBytes(request, body, on)
  let isOver = false
  let abort = () => {
    isOver = true
  }
  gzip(body, (error, bytes) => {
    if (isOver) return
    if (error) return on.onEnd(error)
    const zipped = { ...request, headers: { ...headers, 'content-encoding': 'gzip' } }
    abort = sendBytes(zipped, bytes, on)
  })
  return () => abort()
}

function sendBytes(
  { method, url, headers }: HttpRequest,
  body: string | Buffer,
  on: HttpHandlers,
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
    const isSecure = url.startsWith('https:')
    request = (isSecure ? https : http).request(url, {
      method,
      headers: {
        ...headers,
        ...(body.length > 0 && { 'content-length': Buffer.byteLength(body) }),
      },
      agent: isSecure ? agents.https : agents.http,
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
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      if (!isOver) on.onText(text)
    })
    response.on('end', () => end())
    response.on('error', fail)
    response.on('close', () => fail('the connection was cut'))
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
