import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A proxy whose connections can be cut and allowed again. */
export interface CuttableProxy {
  readonly url: string
  /** Cuts all connections, and refuses new ones. */
  cut(): void
  mend(): void
}

export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  const { port } = new URL(target)
  const sockets = new Set<Socket>()
  let isCut = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // It was cut.
  }
  const server = createServer((socket) => {
    keep(socket)
    if (isCut) return socket.destroy()
    const upstream = connect(Number(port), '127.0.0.1')
    keep(upstream)
    socket.pipe(upstream).pipe(socket)
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cutAll()
    server.close()
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true
      cutAll()
    },
    mend() {
      isCut = false
    },
  }
}
