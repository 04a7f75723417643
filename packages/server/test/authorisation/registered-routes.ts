import type { FastifyInstance, HTTPMethods } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { assembleRelay } from '../../src/assemble-relay.ts'
import { assembleServices } from '../../src/assemble-services.ts'
import { loadConfig } from '../../src/config.ts'
import { buildRelayApp } from '../../src/relay-app.ts'
import { createSdkServer } from '../../src/sdk-server.ts'
import { createMemoryStores } from '../../src/stores/memory/memory-stores.ts'

/** Returns every route that a server registers with Fastify, as `<METHOD> <path>`. */
export async function routesOfServer(): Promise<readonly string[]> {
  const stores = createMemoryStores()
  const services = await assembleServices(loadConfig({ FLAGHOIST_LOG_LEVEL: 'silent' }), stores)
  try {
    return await registeredBy((prepare) =>
      buildApp(createSdkServer(services), services, { prepare }),
    )
  } finally {
    services.projects.close()
    await stores.close()
  }
}

/** Returns every route that a relay registers with Fastify, as `<METHOD> <path>`. */
export async function routesOfRelay(): Promise<readonly string[]> {
  const config = loadConfig({ FLAGHOIST_LOG_LEVEL: 'silent', FLAGHOIST_DATA_DIR: ':memory:' })
  // Without a key it opens no connection.
  const services = assembleRelay({ ...config, upstream: 'http://127.0.0.1:4400' })
  try {
    return await registeredBy((prepare) =>
      buildRelayApp(createSdkServer(services), services, { prepare }),
    )
  } finally {
    services.forwarder.close()
    await services.upstreams.close()
    await services.queue.close()
  }
}

type Prepare = (app: FastifyInstance) => Promise<void>

async function registeredBy(
  build: (prepare: Prepare) => Promise<FastifyInstance>,
): Promise<readonly string[]> {
  const routes: string[] = []
  const app = await build(async (raw) => {
    raw.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push(`${one} ${url}`)
    })
  })
  try {
    await app.ready()
    // A route `/` of a plugin also exists with a slash after the prefix, which no hook is told of.
    const withSlash = routes.filter((route) => {
      const [method, url] = route.split(' ') as [HTTPMethods, string]
      return !url.endsWith('*') && app.hasRoute({ method, url: `${url}/` })
    })
    return [...new Set([...routes, ...withSlash.map((route) => `${route}/`)])]
  } finally {
    await app.close()
  }
}
