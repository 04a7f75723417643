import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireUnbound } from '../http/auth.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { JSON_TYPE } from '../http/json-type.ts'
import { problems } from '../http/problem.ts'
import { WriteQuery } from '../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../http/request-schemas.ts'
import { validateAllButBody } from '../http/validate-request.ts'
import { warningsMember } from '../projects/write-warnings.ts'
import type { Services } from '../services.ts'
import { importProject } from './import-project.ts'
import { exportText, ProjectFile } from './project-file.ts'
import { readProjectFile } from './read-project-file.ts'

const tags = ['Projects']
const IMPORT_BYTES = 64 * 1024 * 1024

/** Export and import of a whole project as one file. */
export const transferRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
) => {
  app.addHook('preHandler', async ({ principal }) => requireUnbound(principal))

  app.get(
    '/:project/export',
    {
      schema: {
        operationId: 'exportProject',
        summary: 'Export a project',
        description: 'Exports everything except API keys and the change log.',
        tags,
        params: ProjectParams,
        response: {
          200: ProjectFile.describe('Project as one file, with its version as ETag'),
        },
      },
    },
    async ({ params }, reply) => {
      const { state } = projects.get(params.project)
      reply.header('etag', `"${state.version}"`).type(JSON_TYPE)
      const text = await exportText(state)
      return (reply as FastifyReply).serializer(() => text).send({})
    },
  )

  app.post(
    '/:project/import',
    {
      bodyLimit: IMPORT_BYTES,
      // A large file is read in the handler, a few entities at a time.
      validatorCompiler: validateAllButBody,
      schema: {
        operationId: 'importProject',
        summary: 'Import a project',
        description: 'Imports the whole file as one change, or nothing.',
        tags,
        params: ProjectParams,
        querystring: WriteQuery.extend({
          mode: z.enum(['merge', 'replace']).default('merge').meta({
            description:
              '`merge` creates and updates entities; `replace` also removes those that the file lacks',
          }),
        }),
        headers: WriteHeaders,
        body: ProjectFile,
        response: {
          200: z
            .object({
              version: z
                .int()
                .meta({ description: 'Version of the project afterwards', example: 813 }),
              edited: z.int().meta({ description: 'Number of edited entities', example: 1 }),
              ...warningsMember,
            })
            .describe('File imported'),
          ...problems(400, 409, 413, 415, 422, 428),
        },
      },
    },
    async (request, reply) => {
      const { params, query, body } = request
      const write = importProject(params.project, await readProjectFile(body), {
        mode: query.mode,
        at: new Date(now()).toISOString(),
      })
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ version, change }) => ({ version, edited: change?.edits.length ?? 0 }),
      })
    },
  )
}
