import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { findRevertible } from '../changes/find-revertible.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import type { Principal } from '../http/principal.ts'
import { problems } from '../http/problem.ts'
import { DryRunQuery } from '../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../http/request-schemas.ts'
import { requireVisibleScope } from '../projects/not-found.ts'
import { visibleChange } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import { type BatchedEdit, editProject } from './plan.ts'
import { previewEdits } from './preview.ts'
import { EditsPreview, EditsRequest, EditsResult, type RequestedEdit } from './schemas.ts'

/** Several edits of flags as one change of the log, and their preview. */
export const editsRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, now } = services
  app.post(
    '/:project/edits',
    {
      schema: {
        operationId: 'createEdits',
        summary: 'Create several edits as one change',
        description:
          'Changes, deletes, aligns and reverts layers of several flags and scopes: all edits or none. Each edit starts from the result of those before it. To revert several changes, name the newest first. With `dryRun`, the response shows the cells and the users that would change. Its ETag can be sent as `If-Match` of the write; a preview that is refused with 428 has it too.',
        tags: ['Changes'],
        params: ProjectParams,
        querystring: DryRunQuery,
        headers: WriteHeaders,
        body: EditsRequest,
        response: {
          200: EditsPreview.describe('Effect of the edits'),
          201: EditsResult.describe('Edits stored'),
          ...problems(409, 422, 428),
        },
      },
    },
    async (request, reply) => {
      const { params, query, body, principal } = request
      const edits = await readEdits(services, { project: params.project, principal }, body.edits)
      const write = editProject(params.project, edits, new Date(now()).toISOString())
      const { scope: bound } = principal
      if (query.dryRun) return previewEdits(services, { request, reply }, write)
      return commitAndReply(projects, { request, reply }, write, {
        status: 201,
        body: ({ version, change, state }) => ({
          version,
          ...(change && { change: visibleChange(state, change, bound) }),
        }),
      })
    },
  )
}

/** The caller of a request, and the project that it is for. */
interface EditCaller {
  readonly project: string
  readonly principal: Principal
}

/** Reads the changes that edits revert, and checks the scopes that they align with. */
function readEdits(
  { projects, stores }: Services,
  { project, principal }: EditCaller,
  edits: readonly RequestedEdit[],
): Promise<readonly BatchedEdit[]> {
  const { state } = projects.get(project)
  return Promise.all(
    edits.map(async (edit) => {
      if ('align' in edit) requireVisibleScope(state, edit.align, principal.scope)
      if (!('revert' in edit)) return edit
      const target = { project, seq: edit.revert }
      return { revert: await findRevertible(stores.log, target, { state, principal }) }
    }),
  )
}
