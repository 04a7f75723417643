import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireUnbound } from '../http/auth.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'

const Head = z.object({
  project: z.string().meta({ description: 'Key of the project', example: 'shop' }),
  epoch: z
    .string()
    .meta({ description: 'Identity of the change log', example: '9f86d081884c7d65' }),
  version: z.int().meta({ description: 'Number of the last change', example: 812 }),
  hash: z.string().meta({
    description: 'Hash of the last change, which depends on all changes before it',
    example: '5f3a9c0b1d2e4f605f3a9c0b1d2e4f605f3a9c0b1d2e4f605f3a9c0b1d2e4f60',
  }),
})

/** The head of the change log. A copy of it proves later that the log was not cut or rewritten. */
export const headRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  app.get(
    '/:project/head',
    {
      schema: {
        operationId: 'getHead',
        summary: 'Get the head of the change log',
        description:
          'Returns the hash of the last change. Keep it outside the server: `flaghoist-server verify --head` checks later that the log still contains it.',
        tags: ['Changes'],
        params: ProjectParams,
        response: {
          200: Head.describe('Head of the change log'),
        },
      },
      // The hash covers changes that a key of one scope may not see.
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async ({ params }) => {
      const { key, epoch, state, hash } = projects.get(params.project)
      return { project: key, epoch, version: state.version, hash }
    },
  )
}
