import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A plain TCP balancer. */
export interface Balancer {
  readonly url: string
  close(): void
}

/** Starts a balancer that passes each connection on to the next server that accepts it. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>()
  let next = 0
  const pass = (client: Socket, attempts: number) => {
    if (attempts === 0) return client.destroy()
    const server = connect(ports[next++ % ports.length]!, '127.0.0.1')
    server.once('error', () => pass(client, attempts - 1))
    server.once('connect', () => {
      server.removeAllListeners('error').on('error', () => client.destroy())
      server.on('close', () => client.destroy())
      client.on('close', () => server.destroy())
      client.pipe(server).pipe(client)
    })
    return undefined
  }
  const balancer = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined).on('close', () => sockets.delete(client))
    pass(client, ports.length)
  }).listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  return {
    url: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`,
    close() {
      balancer.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
