import type { Socket } from 'node:net'
import type { FlaghoistError } from '@flaghoist/core'
import { problem } from '../errors.ts'
import { STATUS_CODES } from './node-http.ts'
import { PROBLEM_TYPE, problemBody } from './problem.ts'

/**
 * Responds to bytes that Node.js could not read as a request. Such a request reaches no route, and
 * its connection cannot be used further.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const known = problemOf(error)
  const body = JSON.stringify(problemBody(known, crypto.randomUUID()))
  const head = [
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function problemOf({ code, message }: NodeJS.ErrnoException): FlaghoistError {
  if (code === 'HPE_HEADER_OVERFLOW') return problem('HEADERS_TOO_LARGE', {})
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem('REQUEST_TIMEOUT', {})
  return problem('HTTP_INVALID', { problem: message.replace(/^Parse Error: /, '') })
}
