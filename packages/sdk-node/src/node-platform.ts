import http from 'node:http'
import https from 'node:https'
import type { Cache, HttpHandlers, HttpRequest, Platform } from '@flaghoist/client'
import { SDK } from './version.ts'

/** Node's clocks, timers and sockets. Nothing here keeps the process alive but what somebody awaits. */
export function nodePlatform(cache: Cache | undefined): Platform {
  return {
    sdk: SDK,
    cache,
    request: sendRequest,
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    schedule(ms, run, isAwaited = false) {
      const timer = setTimeout(run, ms)
      if (!isAwaited) timer.unref()
      return () => clearTimeout(timer)
    },
    warn: (message) => process.emitWarning(message, 'FlaghoistWarning'),
  }
}

// Agents of our own: unref'd sockets must never end up under the requests of the program.
const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true }),
}

function sendRequest({ method, url, headers, body }: HttpRequest, on: HttpHandlers): () => void {
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
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      },
      agent: isSecure ? agents.https : agents.http,
    })
  } catch (error) {
    // A header or URL that Node refuses; told as everything else is, after this call has returned.
    setImmediate(fail, error).unref()
    return () => {
      isOver = true
    }
  }

  request.on('socket', (socket) => socket.unref())
  request.on('error', fail)
  request.on('response', (response) => {
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      if (!isOver) on.onText(text)
    })
    response.on('end', () => end())
    response.on('error', fail)
    response.on('close', () =>
      end(response.complete ? undefined : new Error('the connection was cut')),
    )
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
