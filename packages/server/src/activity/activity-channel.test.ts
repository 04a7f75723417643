import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { LiveProject } from '../projects/projects.ts'
import type { SdkStatus } from '../streams/propagation-report.ts'
import { ActivityChannel } from './activity-channel.ts'

/** Both ends of a connection; the client reads nothing before it is resumed. */
async function givenConnection() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    for (const one of [client, socket]) one.destroy()
    server.close()
  })
  return { client, socket }
}

test('a channel closes the stream of a client that does not read, and no other', async () => {
  const channel = new ActivityChannel({
    scope: undefined,
    project: () => ({ epoch: 'e', state: { version: 1 } }) as LiveProject,
    countConnections: () => undefined,
    bufferBytes: 65_536,
  })
  const [lazy, reader] = [await givenConnection(), await givenConnection()]
  reader.client.resume()
  for (const { socket } of [lazy, reader]) channel.streams.add(socket)
  const counts = { connected: 1, confirmed: 0, waits: [] }
  const sdk = { name: 'x'.repeat(500), scope: 'production', audience: 'server', counts } as const
  const sdks = Array.from({ length: 20 }, (_, i): SdkStatus => ({ id: `${i}`, ...sdk }))

  for (let version = 1; version <= 2_000 && !lazy.socket.destroyed; version += 1) {
    channel.publishPropagation(version, sdks)
    while (reader.socket.writableLength > 0) await nextTurn()
  }

  expect(lazy.socket.destroyed).toBe(true)
  expect(reader.socket.destroyed).toBe(false)
})
