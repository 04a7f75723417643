import { Key, Name, Project, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { exportProject, ProjectFile, planImport } from '../transfer/project-file.ts'
import { problem } from '../errors.ts'
import type { Parts } from '../services.ts'
import { problems } from '../http/problem.ts'
import { ProjectParams, Reason, RetryHeaders } from '../http/common.ts'
import { write } from '../http/write.ts'

const tags = ['Projects']
const IMPORT_BYTES = 64 * 1024 * 1024

/** Projects, whole. */
export const projectRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.get(
    '/',
    {
      schema: {
        operationId: 'listProjects',
        summary: 'List the projects of a key',
        tags,
        response: {
          200: z.object({ items: z.array(Project) }).describe('Projects, by key'),
          ...problems(401, 403),
        },
      },
    },
    async ({ principal }) => ({
      items: parts.changes
        .projects()
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
        description: 'With a key for every project. It starts with the environment `production`.',
        tags,
        headers: RetryHeaders,
        body: strict({ key: Key, name: Name.optional() }).meta({ id: 'ProjectRequest' }),
        response: { 201: Project.describe('The new project'), ...problems(400, 401, 403, 409) },
      },
    },
    async (request, reply) => {
      const { key, name = key } = request.body
      const { principal } = request
      if (principal.project !== '*')
        throw problem('PROJECT_KEY_REQUIRED', {
          key: principal.name,
          scope: `project ${principal.project}`,
          wanted: 'every project',
        })
      const environment = { key: 'production', name: 'Production', order: 0, protected: true }
      return write(parts, request, reply, {
        project: key,
        action: 'project.create',
        isNewProject: true,
        status: 201,
        location: `/api/v1/projects/${key}`,
        plan: () => [
          { kind: 'project', key, after: { key, name } },
          { kind: 'environment', key: environment.key, after: environment },
        ],
        answer: ({ state }) => state.project,
      })
    },
  )
}

/** A project as one file, out and in. */
export const projectFileRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (
  app,
  { parts },
) => {
  app.get(
    '/:project',
    {
      schema: {
        operationId: 'getProject',
        summary: 'Get a project',
        tags,
        params: ProjectParams,
        response: {
          200: Project.extend({ version: z.int(), epoch: z.string() }).describe(
            'The project and its version',
          ),
          ...problems(401, 403, 404),
        },
      },
    },
    async ({ params }) => {
      const { state, epoch } = parts.changes.project(params.project)
      return { ...state.project!, version: state.version, epoch }
    },
  )

  app.get(
    '/:project/export',
    {
      schema: {
        operationId: 'exportProject',
        summary: 'Export a whole project',
        description: 'Everything but its API keys and its log.',
        tags,
        params: ProjectParams,
        response: {
          200: ProjectFile.describe('The project as one file'),
          ...problems(401, 403, 404),
        },
      },
    },
    async ({ params, principal }) => {
      requireUnbound(principal)
      return exportProject(parts.changes.project(params.project).state)
    },
  )

  app.post(
    '/:project/import',
    {
      bodyLimit: IMPORT_BYTES,
      schema: {
        operationId: 'importProject',
        summary: 'Import a whole project',
        description:
          'As one change: all of it or nothing. `replace` also takes away what the file lacks.',
        tags,
        params: ProjectParams,
        querystring: z.strictObject({
          mode: z.enum(['merge', 'replace']).default('merge'),
          reason: Reason,
        }),
        headers: RetryHeaders,
        body: ProjectFile,
        response: {
          200: z.object({ version: z.int(), edited: z.int() }).describe('Imported'),
          ...problems(400, 401, 403, 404, 413, 422),
        },
      },
    },
    async (request, reply) => {
      requireUnbound(request.principal)
      const { params, query, body } = request
      const now = new Date(parts.now()).toISOString()
      return write(parts, request, reply, {
        project: params.project,
        action: 'project.import',
        reason: query.reason,
        plan: (state) => planImport(state, body, query.mode, now),
        answer: ({ version, change }) => ({ version, edited: change?.edits.length ?? 0 }),
      })
    },
  )
}

function requireUnbound({ name, scope }: { name: string; scope: string | undefined }): void {
  if (scope !== undefined)
    throw problem('PROJECT_KEY_REQUIRED', { key: name, scope, wanted: 'the whole project' })
}
