import type { Program } from '../server.ts'

/** Returns a request as the bytes that a socket sends. */
export function requestText(line: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`
}

export function portOf({ url }: Program): number {
  return Number(new URL(url).port)
}
