import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Follows the connections of a server that have sent no request yet. Browsers open them in advance.
 * Node does not count them as idle, so a shutdown would wait for them.
 * @returns a function that closes them
 */
export function followFreshConnections(server: Server): () => void {
  const fresh = new Set<Socket>()
  // One function for all connections, because each of many open streams would keep its own.
  function forget(this: Socket) {
    fresh.delete(this)
  }
  server.on('connection', (socket: Socket) => {
    fresh.add(socket)
    socket.on('close', forget)
  })
  server.on('request', ({ socket }) => fresh.delete(socket))
  return () => {
    for (const socket of fresh) socket.destroy()
  }
}
