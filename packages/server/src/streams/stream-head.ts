import { validateHeaderValue } from '../http/node-http.ts'
import type { StreamEncoding } from './stream-encoding.ts'

/** Headers by their names. */
export type Headers = Readonly<Record<string, string | number | readonly string[] | undefined>>

/**
 * Returns the head of an event stream. Its events go to the socket, past the response of Node,
 * which would send each as a chunk, and only after the event loop has finished a broadcast. Without
 * chunks and length, the end of the connection ends the stream.
 * @param headers those that differ from one stream to another
 */
export function streamHead(encoding: StreamEncoding, headers: Headers = {}): Buffer {
  const lines = `${encoding.headers}${headerLines(headers)}${dateLine()}Connection: close\r\n`
  return Buffer.from(`HTTP/1.1 200 OK\r\n${lines}\r\n`, 'latin1')
}

/** The header of the current second: thousands of streams open in each second of a storm. */
let dated = { second: 0, line: '' }

function dateLine(): string {
  const second = Math.floor(Date.now() / 1_000)
  if (second !== dated.second)
    dated = { second, line: `Date: ${new Date(second * 1_000).toUTCString()}\r\n` }
  return dated.line
}

/** Returns headers as lines. */
export function headerLines(headers: Headers): string {
  let lines = ''
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    validateHeaderValue(name, String(value))
    lines += `${name}: ${value}\r\n`
  }
  return lines
}
