import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Open streams of one server, each over a socket of its own. */
export interface Streams {
  /** Runs work that causes one event, and returns the time until the last stream has it, ms. */
  timeEvent(work: () => Promise<unknown>): Promise<number>
  close(): void
}

/** Sockets that connect at a time. */
const AT_ONCE = 100

/** Opens streams, and resolves once each has its ruleset. */
export async function openStreams(url: string, key: string, count: number): Promise<Streams> {
  const { hostname, port } = new URL(url)
  let arrived = 0
  let wake = () => {}
  const open = async (i: number): Promise<Socket> => {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      `GET /sdk/v1/stream HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\n` +
        `flaghoist-sdk: bench/1\r\nflaghoist-sdk-id: bench-${i}\r\n\r\n`,
    )
    await once(socket, 'data')
    socket.on('data', (bytes: Buffer) => {
      if (!bytes.includes('event: patch') && !bytes.includes('event: put')) return
      arrived += 1
      if (arrived === count) wake()
    })
    return socket
  }
  const sockets: Socket[] = []
  for (let i = 0; i < count; i += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - i)
    sockets.push(...(await Promise.all(Array.from({ length: size }, (_, j) => open(i + j)))))
  }
  return {
    async timeEvent(work) {
      arrived = 0
      const all = new Promise<void>((resolve) => {
        wake = resolve
      })
      const startedAt = performance.now()
      await Promise.all([work(), all])
      return performance.now() - startedAt
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
