import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Parts } from '../services.ts'
import type { Store } from '../store/store.ts'

const Readiness = z.object({
  ready: z.boolean().meta({ description: 'Whether flags are served' }),
  writable: z.boolean().meta({ description: 'Whether changes can be stored' }),
  streams: z.int(),
  problem: z.string().optional(),
})

/**
 * `/livez`: the process answers. `/readyz`: it serves flags. A store that cannot be written to is told of, but is no reason to
 * take a server away from the programs that ask it.
 */
export const healthRoutes: FastifyPluginAsyncZod<{
  parts: Parts
  isClosing: () => boolean
}> = async (app, { parts, isClosing }) => {
  const { store, hub } = parts
  const open = { tags: ['Health'], security: [] }

  app.get(
    '/livez',
    {
      schema: {
        ...open,
        operationId: 'isAlive',
        summary: 'Whether the process answers',
        response: { 200: z.object({ alive: z.boolean() }).describe('It does') },
      },
    },
    async () => ({ alive: true }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        ...open,
        operationId: 'isReady',
        summary: 'Whether the server serves flags',
        response: {
          200: Readiness.describe('It does; `writable` says whether it takes changes as well'),
          503: Readiness.describe('It is about to stop'),
        },
      },
    },
    async (_request, reply) => {
      const streams = hub.size
      const problem = isClosing() ? 'The server is shutting down.' : await storeProblem(store)
      const ready = !isClosing()
      const state = { ready, writable: problem === undefined, streams, ...(problem && { problem }) }
      return reply.code(ready ? 200 : 503).send(state)
    },
  )
}

async function storeProblem(store: Store): Promise<string | undefined> {
  try {
    await store.check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
