import { Key, Name, Project, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireAllProjects } from '../http/auth.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import { ProjectParams, RetryHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { createProject } from './create-project.ts'

const tags = ['Projects']

const ProjectRequest = strict({
  key: Key.meta({ description: 'Key of the project; it never changes', example: 'shop' }),
  name: Name.optional().meta({
    description: 'Display name; by default the key',
    example: 'Shop',
  }),
}).meta({
  id: 'ProjectRequest',
  description: 'Project to create',
  example: { key: 'shop', name: 'Shop' },
})

const VersionedProject = Project.extend({
  version: z.int().meta({ description: 'Number of the last change', example: 812 }),
  epoch: z
    .string()
    .meta({ description: 'Identity of the change log', example: '9f86d081884c7d65' }),
}).describe('Project and its version')

export const projectRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  app.get(
    '/',
    {
      schema: {
        operationId: 'listProjects',
        summary: 'List projects',
        description: 'Lists the projects that the key may use.',
        tags,
        response: {
          200: z
            .object({ items: z.array(Project).meta({ description: 'Projects' }) })
            .describe('Projects'),
        },
      },
    },
    async ({ principal }) => ({
      items: projects
        .list()
        .filter(({ key }) => principal.project === '*' || principal.project === key)
        .flatMap(({ state }) => state.project ?? []),
    }),
  )

  app.post(
    '/',
    {
      schema: {
        operationId: 'createProject',
        summary: 'Create a project',
        description:
          'Requires an admin key of every project. The project starts with the environment `production`.',
        tags,
        querystring: ReasonQuery,
        headers: RetryHeaders,
        body: ProjectRequest,
        response: { 201: Project.describe('Project created'), ...problems(409) },
      },
    },
    async (request, reply) => {
      const { key, name = key } = request.body
      requireAllProjects(request.principal)
      return commitAndReply(projects, { request, reply }, createProject({ key, name }), {
        status: 201,
        location: `/api/v1/projects/${key}`,
        body: ({ state }) => state.project,
      })
    },
  )

  app.get(
    '/:project',
    {
      schema: {
        operationId: 'getProject',
        summary: 'Get a project',
        tags,
        params: ProjectParams,
        response: { 200: VersionedProject },
      },
    },
    async ({ params }) => {
      const { state, epoch } = projects.get(params.project)
      return { ...state.project!, version: state.version, epoch }
    },
  )
}
