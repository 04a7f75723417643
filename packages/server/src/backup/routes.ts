import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { requireAdmin, requireAllProjects } from '../http/auth.ts'
import { problems } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { makeBackup } from './make-backup.ts'

const MEDIA_TYPE = 'application/vnd.sqlite3'

/** The backup of a whole server. It is streamed, so that no caller names a path of the server. */
export const backupRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.addHook('onRequest', requireAdmin(services))
  app.addHook('onRequest', async ({ principal }) => requireAllProjects(principal))
  let isRunning = false

  app.get(
    '/',
    {
      exposeHeadRoute: false, // A HEAD request would make a backup without a reader.
      schema: {
        operationId: 'createBackup',
        summary: 'Create a backup of the server',
        description:
          'Returns a copy of the database at one moment: all projects with their logs, API keys (as hashes), exposures and outcomes. Writes continue meanwhile. To restore it, put the file into an empty data folder as `flaghoist.db`. Requires an admin key of all projects.',
        tags: ['Backup'],
        response: {
          200: {
            description: 'SQLite database',
            content: {
              [MEDIA_TYPE]: {
                schema: z.string().meta({ format: 'binary', description: 'SQLite database' }),
              },
            },
          },
          ...problems(401, 403, 409, 429, 503),
        },
      },
    },
    async (_request, reply) => {
      if (isRunning) throw problem('BACKUP_RUNNING', {})
      isRunning = true
      try {
        const { bytes, content } = await makeBackup(services)
        return reply
          .headers({
            'content-type': MEDIA_TYPE,
            // A download that was cut is recognised by its length.
            'content-length': bytes,
            'content-disposition': 'attachment; filename="flaghoist.db"',
          })
          .send(content as never)
      } finally {
        isRunning = false
      }
    },
  )
}
