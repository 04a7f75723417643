import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Parts } from '../parts.ts'

const Readiness = z.object({ ready: z.boolean(), streams: z.int(), problem: z.string().optional() })

/** `/livez`: the process answers. `/readyz`: it can take work; says why where it cannot. */
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
        summary: 'Whether the server can take work',
        response: {
          200: Readiness.describe('It can'),
          503: Readiness.describe('It cannot; `problem` says why'),
        },
      },
    },
    async (_request, reply) => {
      const streams = hub.size
      if (isClosing())
        return reply
          .code(503)
          .send({ ready: false, streams, problem: 'The server is shutting down.' })
      try {
        await store.check()
        return { ready: true, streams }
      } catch (error) {
        return reply.code(503).send({ ready: false, streams, problem: String(error) })
      }
    },
  )
}
