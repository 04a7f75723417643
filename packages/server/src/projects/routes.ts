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
import { requireConfirmation, requireNoSharedKeys } from './delete-project.ts'
import { visibleProjects } from './visible-projects.ts'

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

const DeletedProject = z.object({
  deleted: Key.meta({ description: 'Key of the deleted project', example: 'shop' }),
  version: z.int().meta({ description: 'Number of its last change', example: 812 }),
  hash: z.string().meta({
    description: 'Hash of its last change',
    example: '7c2e9a4f1b6d8035e7a1c3f5b9d0e2468ace13579bdf02468ace13579bdf0246',
  }),
})

export const projectRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
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
    async ({ principal }) => ({ items: [...visibleProjects(projects, principal)] }),
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

  app.delete(
    '/:project',
    {
      schema: {
        operationId: 'deleteProject',
        summary: 'Delete a project',
        description:
          'Deletes the project for ever: flags, change log, API keys, exposures and outcomes. Requires an admin key of every project. Back up first: nothing else restores it. SDKs keep their last ruleset, and their keys are refused.',
        tags,
        params: ProjectParams,
        querystring: ReasonQuery.extend({
          confirm: z.string().max(200).optional().meta({
            description: 'Key of the project, to confirm the deletion',
            example: 'shop',
          }),
        }),
        response: {
          200: DeletedProject.describe('Project deleted, with the head of its log'),
          ...problems(409),
        },
      },
    },
    async ({ params, query, principal, log }) => {
      requireAllProjects(principal)
      requireConfirmation(params.project, query.confirm)
      const deleted = await projects.delete(params.project, (state) =>
        requireNoSharedKeys(state, now()),
      )
      const { key: project, version, hash } = deleted
      const { keyId, name } = principal
      // The log of the project cannot record its own end.
      log.warn({ project, version, hash, keyId, name, reason: query.reason }, 'Project deleted')
      return { deleted: project, version, hash }
    },
  )
}
