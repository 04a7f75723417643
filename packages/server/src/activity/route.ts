import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { createActivity } from './activity.ts'
import { ActivityQuery, ActivityStream } from './schemas.ts'

/** The stream of what happens in a project, for people. */
export const activityRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const activity = createActivity(services)
  app.addHook('preClose', async () => activity.close())
  app.get(
    '/:project/activity',
    {
      exposeHeadRoute: false, // A HEAD request would open a stream without a reader.
      config: { isStream: true },
      schema: {
        operationId: 'streamActivity',
        summary: 'Stream the activity of a project',
        description:
          'Server-sent events for people: changes, their propagation to SDKs, decisions about rollouts, connected SDKs, environments and instances. Resume with `Last-Event-ID`: the server sends the missed changes, or `reset` if there are more than 500.',
        tags: ['Changes'],
        params: ProjectParams,
        querystring: ActivityQuery,
        headers: z.looseObject({
          'last-event-id': z.string().optional().meta({ description: 'Id of the last event' }),
        }),
        response: { 200: ActivityStream },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      services.projects.get(project)
      return activity.open(request, reply, {
        project,
        since: sinceOf(request, request.query.since),
      })
    },
  )
}

/** Returns the version that a client holds. Any other id is one that no log has. */
function sinceOf({ headers }: FastifyRequest, since: number | undefined): number | undefined {
  const last = headers['last-event-id']
  if (typeof last !== 'string') return since
  return /^\d{1,15}$/.test(last) ? Number(last) : Number.MAX_SAFE_INTEGER
}
