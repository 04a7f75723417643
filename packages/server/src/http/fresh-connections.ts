import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Closes connections without a request when the server closes. Browsers open them in advance. Node
 * does not count them as idle, so a shutdown would wait for them.
 */
export function closeFreshConnections(app: FastifyInstance): void {
  const fresh = new Set<Socket>()
  // One function for all connections, because each of many open streams would keep its own.
  function forget(this: Socket) {
    fresh.delete(this)
  }
  app.server.on('connection', (socket: Socket) => {
    fresh.add(socket)
    socket.on('close', forget)
  })
  app.server.on('request', ({ socket }) => fresh.delete(socket))
  app.addHook('preClose', async () => {
    for (const socket of fresh) socket.destroy()
  })
}
