import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'

/** Returns the URL of an app that listens. */
export function urlOf(
  app: FastifyInstance,
  { host, publicUrl }: Pick<Config, 'host' | 'publicUrl'>,
): string {
  const { port } = app.server.address() as AddressInfo
  return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Interval at which connections are closed that have become idle during a stop, ms. */
const IDLE_CHECK_MS = 50

/** Closes an app. Requests that are still in flight after `shutdownMs` are cut off. */
export async function closeApp(
  app: FastifyInstance,
  { shutdownMs }: Pick<Config, 'shutdownMs'>,
): Promise<void> {
  const { server } = app
  const force = setTimeout(() => server.closeAllConnections(), shutdownMs).unref()
  // Node closes those that are idle now. The client of a request in flight keeps its connection.
  const tidy = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS).unref()
  await app.close()
  clearTimeout(force)
  clearInterval(tidy)
}
