import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { Notice } from '../src/delivery/notices/notice.ts'

/** A message as a receiver got it. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders
  readonly path: string
  readonly body: string
  /** Time of receipt by the monotonic clock, ms. */
  readonly at: number
}

/** The parsed body of a webhook. */
export interface ReceivedWebhook {
  readonly type: string
  readonly data: Pick<Notice, 'event' | 'scopes'>
}

/** A real HTTP receiver of messages. */
export interface NoticeReceiver extends AsyncDisposable {
  readonly url: string
  readonly got: readonly ReceivedMessage[]
  /** Responds to the next requests with these statuses; then with 200. */
  respondWith(...statuses: (number | { status: number; retryAfter: string })[]): void
  /** Waits for a number of webhooks, and returns their parsed bodies. */
  webhooks(count: number): Promise<readonly ReceivedWebhook[]>
}

export async function startNoticeReceiver(): Promise<NoticeReceiver> {
  const got: ReceivedMessage[] = []
  const answers: (number | { status: number; retryAfter: string })[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    const { headers, url: path = '' } = request
    got.push({ headers, path, body, at: performance.now() })
    const answer = answers.shift() ?? 200
    if (typeof answer === 'number') response.writeHead(answer).end()
    else response.writeHead(answer.status, { 'retry-after': answer.retryAfter }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    respondWith: (...statuses) => void answers.push(...statuses),
    async webhooks(count) {
      await expect.poll(() => got.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
      return got.map(({ body }) => JSON.parse(body) as ReceivedWebhook)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
