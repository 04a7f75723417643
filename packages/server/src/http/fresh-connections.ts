import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Closes connections without a request when the server closes. Browsers open them in advance. Node
 * does not count them as idle, so a shutdown would wait for them.
 */
export function closeFreshConnections(app: FastifyInstance): void {
  const fresh = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    fresh.add(socket)
    socket.once('close', () => fresh.delete(socket))
  })
  app.server.on('request', ({ socket }) => fresh.delete(socket))
  app.addHook('preClose', async () => {
    for (const socket of fresh) socket.destroy()
  })
}
