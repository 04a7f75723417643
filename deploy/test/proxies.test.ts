import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { pipeline } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startTestServer } from '../../packages/server/test/http-server.ts'
import { HOST, type RunningProxy, startCaddy, startNginx } from './proxies.ts'

const PROXIES = [
  { name: 'nginx', start: startNginx },
  { name: 'Caddy', start: startCaddy },
]

describe('behind a proxy that ends TLS', () => {
  test.for(
    PROXIES.flatMap((proxy) => ['identity', 'gzip'].map((encoding) => ({ ...proxy, encoding }))),
  )('$name sends the events of a stream at once ($encoding)', async ({ start, encoding }) => {
    // No heartbeat comes in between, which would push a buffered event out.
    await using server = await startTestServer({ FLAGHOIST_HEARTBEAT_MS: '15000' })
    await using proxy = await start(server.url)
    const key = await server.makeKey('server', 'production')
    const stream = await openStream(proxy, key, encoding)
    expect(stream.encoding ?? 'identity').toBe(encoding)
    await stream.received('event: put')

    const changed = performance.now()
    await server.ask('POST', 'flags', { body: { key: 'new-checkout' } })
    await stream.received('new-checkout')
    expect(performance.now() - changed).toBeLessThan(2_000)
    stream.close()
  })

  test.for(PROXIES)(
    '$name sends the address of the client, not one that it makes up',
    async ({ start }) => {
      await using server = await startTestServer({
        FLAGHOIST_CLIENT_ADDRESS_HEADER: 'X-Real-IP',
        FLAGHOIST_RATE_LIMIT: '1',
      })
      await using proxy = await start(server.url)
      const statusFrom = async (address: string) => {
        const headers = { 'x-real-ip': address, 'x-forwarded-for': address }
        const sent = requestOf(proxy, '/nothing', headers)
        sent.end()
        const [response] = (await once(sent, 'response')) as [IncomingMessage]
        response.resume()
        return response.statusCode
      }

      expect(await statusFrom('192.0.2.1')).toBe(404)
      expect(await statusFrom('192.0.2.2')).toBe(429)
    },
  )

  test.for(PROXIES)('$name keeps the metrics of the server from the public', async ({ start }) => {
    await using server = await startTestServer()
    await using proxy = await start(server.url)
    const statusOf = async (path: string) => {
      const sent = requestOf(proxy, path, {})
      sent.end()
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode
    }

    expect((await server.ask('GET', '/readyz')).status).toBe(200)
    expect(await statusOf('/readyz')).toBe(200)
    for (const path of [
      '/metrics',
      '/metrics?',
      '/%6Detrics',
      '/./metrics',
      '/metrics/',
      '//metrics',
    ])
      expect(await statusOf(path), path).toBe(404)
  })

  test.for(PROXIES)('$name closes a stream when its client leaves', async ({ start }) => {
    await using server = await startTestServer()
    await using proxy = await start(server.url)
    const stream = await openStream(proxy, await server.makeKey('server', 'production'))
    await stream.received('event: put')
    const streams = async () => (await server.ask('GET', '/readyz')).body.streams
    expect(await streams()).toBe(1)

    stream.close()
    await expect.poll(streams).toBe(0)
  })
})

/** A request through a proxy, which is still to be ended. */
function requestOf({ port, certificate }: RunningProxy, path: string, headers: object) {
  return request({
    host: '127.0.0.1',
    port,
    path,
    servername: HOST,
    ca: certificate,
    headers: { host: HOST, ...headers },
  })
}

/** Opens the stream of an SDK through a proxy. */
async function openStream(proxy: RunningProxy, key: string, encoding = 'identity') {
  const headers = {
    authorization: `Bearer ${key}`,
    accept: 'text/event-stream',
    'accept-encoding': encoding,
  }
  const sent = requestOf(proxy, '/sdk/v1/stream', headers)
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const flush = constants.Z_SYNC_FLUSH
  const isZipped = response.headers['content-encoding'] === 'gzip'
  const content = isZipped
    ? pipeline(response, createGunzip({ flush, finishFlush: flush }), () => undefined)
    : response
  let text = ''
  content.setEncoding('utf8')
  content.on('data', (piece: string) => {
    text += piece
  })
  return {
    encoding: response.headers['content-encoding'],
    async received(part: string): Promise<void> {
      while (!text.includes(part)) await once(content, 'data')
    },
    close(): void {
      response.on('error', () => undefined) // The end of a stream that is closed here.
      sent.destroy()
    },
  }
}
