import { followRedirects } from './redirects.ts'
import { createSend } from './send.ts'

/** A response, read whole. */
export interface TextResponse {
  readonly status: number
  readonly text: string
}

const send = followRedirects(createSend(undefined))

/**
 * Sends a GET request, through the proxy of the environment, and keeps the process alive meanwhile.
 * @throws {Error} there is no complete response within the time limit
 */
export function getText(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<TextResponse> {
  return new Promise((resolve, reject) => {
    let status = 0
    let text = ''
    const abort = send(
      { method: 'GET', url, headers },
      {
        onHead(code) {
          status = code
        },
        onText(piece) {
          text += piece
        },
        onEnd(error) {
          clearTimeout(timer)
          if (error) reject(error)
          else resolve({ status, text })
        },
      },
    )
    const timer = setTimeout(() => {
      abort()
      reject(new Error(`no response within ${timeoutMs / 1_000} s`))
    }, timeoutMs)
  })
}
