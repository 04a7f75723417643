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

/** Closes an app. Requests that are still in flight after `shutdownMs` are cut off. */
export async function closeApp(
  app: FastifyInstance,
  { shutdownMs }: Pick<Config, 'shutdownMs'>,
): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), shutdownMs).unref()
  await app.close()
  clearTimeout(force)
}
