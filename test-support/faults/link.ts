import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'

/** The state of a network path. */
export interface Weather {
  /** Delay of each direction, ms. */
  readonly delayMs?: number
  /** Part of the packets that are lost, and sent again 200 ms later. */
  readonly loss?: number
  /** Bytes per second of each direction. */
  readonly bytesPerSecond?: number
  /** Packets vanish, and connections stay open. */
  readonly isSilent?: boolean
  /** Connections are refused. */
  readonly isCut?: boolean
}

/** A TCP proxy between clients and a server, whose path can become bad. */
export interface Link {
  readonly url: string
  /** Changes the path for all connections. A cut closes the open ones. */
  set(weather: Weather): void
  /** Resolves once the packets have arrived that the path delays now. */
  delivered(): Promise<unknown>
  close(): void
}

/** Times after which a packet is sent again that was lost once, and many times, ms. */
const RETRANSMISSION_MS = 200
const MAX_RETRANSMISSION_MS = 800
const PACKET_BYTES = 1_400
/** Interval at which a silent path is looked at again, ms. */
const PATIENCE_MS = 20

/** Starts a proxy to a port of this machine. */
export async function startLink(port: number, random: Random): Promise<Link> {
  const sockets = new Set<Socket>()
  const delays = new Set<Promise<void>>()
  let weather: Weather = {}
  const delay = async (ms: number) => {
    const delayed = sleep(ms)
    delays.add(delayed)
    await delayed
    delays.delete(delayed)
  }
  const delayOf = (bytes: number) => {
    const { delayMs = 0, loss = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = weather
    let ms = delayMs + (bytes / bytesPerSecond) * 1_000
    for (let lost = RETRANSMISSION_MS; random.uniform() < loss; lost = MAX_RETRANSMISSION_MS)
      ms += lost
    return ms
  }
  const pass = async (from: Socket, to: Socket) => {
    for await (const chunk of from as AsyncIterable<Buffer>)
      for (let at = 0; at < chunk.length; at += PACKET_BYTES) {
        const packet = chunk.subarray(at, at + PACKET_BYTES)
        const ms = delayOf(packet.length)
        if (ms > 0) await delay(ms)
        while (weather.isSilent && !to.destroyed) await sleep(PATIENCE_MS)
        to.write(packet)
      }
    to.end()
  }
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket)
        other().destroy()
      })
  }
  const server = createServer((client) => {
    if (weather.isCut) return client.destroy()
    const upstream = connect(port, '127.0.0.1')
    keep(client, () => upstream)
    keep(upstream, () => client)
    for (const passing of [pass(client, upstream), pass(upstream, client)])
      passing.catch(() => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      weather = next
      if (next.isCut) cut()
    },
    delivered: () => Promise.all(delays),
    close() {
      cut()
      server.close()
    },
  }
}
