import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

let server: TestServer
let key: string

beforeAll(async () => {
  server = await startShopServer()
  key = await server.makeKey('server', 'production/acme')
})
afterAll(() => server[Symbol.asyncDispose]())

/** A connection, and all that it has received. */
interface Connection {
  readonly socket: Socket
  readonly text: string
  received(text: string): Promise<void>
}

async function openConnection(): Promise<Connection> {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  await once(socket, 'connect')
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
  })
  return {
    socket,
    get text() {
      return text
    },
    received: async (expected) => {
      await expect.poll(() => text, { interval: 5 }).toContain(expected)
    },
  }
}

const streamRequest = (version = '1.1') =>
  `GET /sdk/v1/stream HTTP/${version}\r\nHost: test\r\nAuthorization: Bearer ${key}\r\nflaghoist-sdk: test/1\r\nflaghoist-sdk-id: sdk-1\r\n\r\n`

const LIVEZ = 'GET /livez HTTP/1.1\r\nHost: test\r\n\r\n'

const edit = () =>
  server.ask('PATCH', 'flags/new-checkout/layers/production/acme', {
    body: { rollout: { share: Math.ceil(Math.random() * 90_000) } },
  })

const openStreams = async () => (await server.ask('GET', '/readyz')).body.streams

/** Closes a connection, and waits until the server has noticed. */
async function close({ socket }: Connection): Promise<void> {
  socket.destroy()
  await expect.poll(openStreams).toBe(0)
}

describe('the connection of a stream', () => {
  test.for(['1.0', '1.1'])('carries events as they are (HTTP/%s)', async (version) => {
    const connection = await openConnection()
    connection.socket.write(streamRequest(version))
    const [first] = (await once(connection.socket, 'data')) as [string]

    const [head = '', body = ''] = first.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/)
    expect(head).toMatch(/\r\nConnection: close$/)
    expect(head).not.toMatch(/transfer-encoding|content-length/i)
    expect(body).toMatch(/^retry: \d{3,4}\n\nevent: put\nid: \S+\ndata: \{.*\}\n\n$/)
    await close(connection)
  })

  test('carries no response to a request behind it', async () => {
    const connection = await openConnection()
    connection.socket.write(streamRequest() + LIVEZ)
    await connection.received('event: put')
    connection.socket.write(LIVEZ)
    await edit()
    await connection.received('event: patch')

    expect(connection.text.split('HTTP/1.1')).toHaveLength(2)
    await close(connection)
  })

  test('is closed if the stream would have to wait for a response before it', async () => {
    const connection = await openConnection()
    connection.socket.write(LIVEZ + streamRequest())
    await once(connection.socket, 'end')

    expect(connection.text).toContain('{"alive":true}')
    expect(connection.text).not.toContain('event-stream')
    expect(await openStreams()).toBe(0)
    await close(connection)
  })

  test('is closed when the client ends its side', async () => {
    const connection = await openConnection()
    connection.socket.write(streamRequest())
    await connection.received('event: put')
    expect(await openStreams()).toBe(1)

    connection.socket.end()
    await once(connection.socket, 'close')
    await edit()

    expect(await openStreams()).toBe(0)
  })

  test('is closed at a request that is none, and nothing follows', async () => {
    const connection = await openConnection()
    connection.socket.write(streamRequest())
    await connection.received('event: put')

    connection.socket.write('\0\0\0\0 what?\r\n\r\n')
    await once(connection.socket, 'end')
    await edit()

    expect(await openStreams()).toBe(0)
    expect(connection.text).not.toContain('event: patch')
    await close(connection)
  })
})
