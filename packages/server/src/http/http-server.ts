import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { BodilessResponse } from './bodiless-response.ts'
import { answerClientError } from './client-error.ts'
import { followFreshConnections } from './fresh-connections.ts'
import { createNodeServer } from './node-http.ts'

const OPTIONS = {
  headersTimeout: 5_000,
  // A client that sends its request byte by byte is cut off.
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Longer than that of most proxies, which would otherwise use a connection as it closes.
  keepAliveTimeout: 72_000,
  ServerResponse: BodilessResponse,
}

/** As Node's HTTP server opens its own listener: a client may end its side before the response. */
const TCP_OPTIONS = { allowHalfOpen: true, noDelay: true }

/** Interval at which connections are closed that have become idle during a stop, ms. */
const IDLE_CHECK_MS = 50

/** A server of HTTP/1.1. */
export interface HttpServer {
  /** @throws {Error} with a code of the system, such as `EADDRINUSE` */
  listen(address: ListenAddress): Promise<void>
  /** Returns the port that it listens on. */
  port(): number
  /** Cuts off all connections. Clients may open new ones. */
  cutConnections(): void
  /**
   * Accepts no more connections, and awaits the requests in flight.
   * @param cutAfterMs time after which those that are left are cut off
   */
  close(cutAfterMs: number): Promise<void>
}

export interface ListenAddress {
  readonly host: string
  /** 0 stands for any free port. */
  readonly port: number
}

/** Creates a server that does not listen yet. */
export function createHttpServer(onRequest: RequestListener): HttpServer {
  const server = createNodeServer(OPTIONS, onRequest)
  server.on('clientError', answerClientError)
  const closeFresh = followFreshConnections(server)
  const port = () => (server.address() as AddressInfo).port
  const listeners: Server[] = []
  const listen = async (listener: Server, address: ListenAddress) => {
    listener.listen(address)
    await once(listener, 'listening')
    listeners.push(listener)
  }

  return {
    async listen({ host, port: wanted }) {
      if (host !== 'localhost') return listen(server, { host, port: wanted })
      // The name has two addresses on most machines, and clients try either one first.
      const [first, ...others] = await lookup('localhost', { all: true })
      await listen(server, { host: first!.address, port: wanted })
      for (const { address } of others) {
        const other = createTcpServer(TCP_OPTIONS, (socket) => server.emit('connection', socket))
        // The machine may know an address that it does not have.
        await listen(other, { host: address, port: port() }).catch(() => undefined)
      }
    },
    port,
    cutConnections: () => server.closeAllConnections(),
    async close(cutAfterMs) {
      closeFresh()
      const force = setTimeout(() => server.closeAllConnections(), cutAfterMs).unref()
      // Node closes those that are idle now. Those of requests in flight become idle later.
      const tidy = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS).unref()
      await Promise.all(listeners.map(closeListener))
      clearTimeout(force)
      clearInterval(tidy)
    },
  }
}

function closeListener(listener: Server): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()))
}
