import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startTestServer } from './http-server.ts'

test('a connection that has not asked anything holds no shutdown up', async () => {
  const server = await startTestServer()
  const port = Number(new URL(server.url).port)
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const [, asked] = sockets
  asked!.write('GET /livez HTTP/1.1\r\nhost: a\r\n\r\n')
  await once(asked!, 'data')
  const closed = sockets.map((socket) => once(socket.resume(), 'close'))

  const started = performance.now()
  await server[Symbol.asyncDispose]()
  await Promise.all(closed)

  expect(performance.now() - started).toBeLessThan(5_000)
})
