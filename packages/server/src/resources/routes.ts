import type { FastifyPluginAsync } from 'fastify'
import type { Services } from '../services.ts'
import { resourceReadRoutes } from './read-routes.ts'
import type { Resource } from './resource.ts'
import { resourceWriteRoutes } from './write-routes.ts'

export interface ResourceRoutesOptions {
  readonly services: Services
  readonly resource: Resource
}

/** The routes of one kind of entity that is read and written whole. */
export const resourceRoutes: FastifyPluginAsync<ResourceRoutesOptions> = async (app, options) => {
  await app.register(resourceReadRoutes, options)
  await app.register(resourceWriteRoutes, options)
}
